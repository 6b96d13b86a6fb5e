// What a program measures, as Prometheus takes it: values, made at the moment
// at which it asks. Names and labels are Prometheus's.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_METRIC_FAMILY_H_
#define POSTMIRROR_SCHEMA_RUNTIME_METRIC_FAMILY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace postmirror {

struct MetricLabel {
  std::string name;
  std::string value;

  friend bool operator==(const MetricLabel&, const MetricLabel&) = default;
};

struct MetricBucket {
  double upper_bound = 0;
  uint64_t count = 0;  // of what is at most that

  friend bool operator==(const MetricBucket&, const MetricBucket&) = default;
};

struct MetricSample {
  std::vector<MetricLabel> labels;
  double value = 0;  // of a histogram: the sum of what was observed
  // Of a histogram alone.
  uint64_t count = 0;
  std::vector<MetricBucket> buckets =
      {};  // ascending, without that of infinity

  friend bool operator==(const MetricSample&, const MetricSample&) = default;
};

struct MetricFamily {
  enum class Type { kCounter, kGauge, kHistogram };

  Type type = Type::kGauge;
  std::string name;
  std::string help;  // one line
  std::vector<MetricSample> samples = {};

  friend bool operator==(const MetricFamily&, const MetricFamily&) = default;

  // Adds a sample of a counter or gauge.
  void Add(std::vector<MetricLabel> labels, double value);

  // Adds one of a histogram: counts[i] observations were at most
  // upper_bounds[i] and more than the bound before it, the last count is that
  // of those beyond every bound. REQUIRES: there is one count more than bounds.
  void AddHistogram(std::vector<MetricLabel> labels,
                    absl::Span<const double> upper_bounds,
                    absl::Span<const uint64_t> counts, double sum);
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_METRIC_FAMILY_H_
