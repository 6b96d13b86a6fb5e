// Metrics as Prometheus reads them: its text format, version 0.0.4.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_METRICS_TEXT_H_
#define POSTMIRROR_SCHEMA_RUNTIME_METRICS_TEXT_H_

#include <string>

#include "absl/types/span.h"
#include "schema/runtime/metric_family.h"

namespace postmirror {

// A family without samples is left out.
std::string MetricsText(absl::Span<const MetricFamily> families);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_METRICS_TEXT_H_
