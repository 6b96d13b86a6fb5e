#include "schema/runtime/metric_family.h"

#include <utility>

namespace postmirror {

void MetricFamily::Add(std::vector<MetricLabel> labels, double value) {
  samples.push_back({.labels = std::move(labels), .value = value});
}

void MetricFamily::AddHistogram(std::vector<MetricLabel> labels,
                                absl::Span<const double> upper_bounds,
                                absl::Span<const uint64_t> counts, double sum) {
  MetricSample sample = {.labels = std::move(labels), .value = sum};
  for (size_t i = 0; i < upper_bounds.size(); ++i) {
    sample.count += counts[i];
    sample.buckets.push_back({upper_bounds[i], sample.count});
  }
  sample.count += counts.back();
  samples.push_back(std::move(sample));
}

}  // namespace postmirror
