#include "schema/runtime/metrics_text.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <vector>

namespace postmirror {
namespace {

prometheus::MetricType TypeOf(MetricFamily::Type type) {
  switch (type) {
    case MetricFamily::Type::kCounter:
      return prometheus::MetricType::Counter;
    case MetricFamily::Type::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricFamily::Type::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric Convert(const MetricSample& sample) {
  prometheus::ClientMetric metric;
  for (const MetricLabel& label : sample.labels) {
    metric.label.push_back({label.name, label.value});
  }
  // Each type has a place of its own; those of the others are not looked at.
  metric.counter.value = sample.value;
  metric.gauge.value = sample.value;
  metric.histogram.sample_sum = sample.value;
  metric.histogram.sample_count = sample.count;
  for (const MetricBucket& bucket : sample.buckets) {
    metric.histogram.bucket.push_back({bucket.count, bucket.upper_bound});
  }
  return metric;
}

prometheus::MetricFamily Convert(const MetricFamily& family) {
  prometheus::MetricFamily converted;
  converted.name = family.name;
  converted.help = family.help;
  converted.type = TypeOf(family.type);
  for (const MetricSample& sample : family.samples) {
    converted.metric.push_back(Convert(sample));
  }
  return converted;
}

}  // namespace

std::string MetricsText(absl::Span<const MetricFamily> families) {
  std::vector<prometheus::MetricFamily> converted;
  for (const MetricFamily& family : families) {
    // Of one without samples nothing is known.
    if (!family.samples.empty()) converted.push_back(Convert(family));
  }
  return prometheus::TextSerializer().Serialize(converted);
}

}  // namespace postmirror
