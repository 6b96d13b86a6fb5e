// Says in the log that a lookup was answered temporarily, and why: at most one
// line a minute, since a fault meets every lookup. Used by one thread.
#ifndef POSTMIRROR_PROXY_TEMPORARY_LOG_H_
#define POSTMIRROR_PROXY_TEMPORARY_LOG_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/logger.h"

namespace postmirror {

class TemporaryLog {
 public:
  // `clock` and `logger` must outlive it.
  TemporaryLog(const Clock* clock, Logger* logger)
      : clock_(*clock), logger_(*logger) {}

  // A lookup in `parameter` was answered temporarily for `reason`.
  void Report(absl::string_view parameter, absl::string_view reason);

 private:
  const Clock& clock_;
  Logger& logger_;
  std::optional<Moment> said_;
  uint64_t unsaid_ = 0;  // lookups since then
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_TEMPORARY_LOG_H_
