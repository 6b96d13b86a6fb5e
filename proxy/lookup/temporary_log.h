// Says in the log that a lookup was answered temporarily, and why: for each
// parameter and kind of reason at most one line a minute, since a fault meets
// every lookup. Used by one thread.
#ifndef POSTMIRROR_PROXY_LOOKUP_TEMPORARY_LOG_H_
#define POSTMIRROR_PROXY_LOOKUP_TEMPORARY_LOG_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/logger.h"

namespace postmirror {

class TemporaryLog {
 public:
  // What is told apart at a time. Further faults are counted, not told, until
  // the minute of another is over.
  static constexpr size_t kMaxFaults = 32;

  // `clock` and `logger` must outlive it.
  TemporaryLog(const Clock* clock, Logger* logger)
      : clock_(*clock), logger_(*logger) {}

  // The lookup of `key` in `parameter` was answered temporarily for `reason`.
  void Report(absl::string_view parameter, absl::string_view key,
              absl::string_view reason);

 private:
  struct Fault {
    std::string parameter;
    std::string kind;
    std::optional<Moment> said;
    uint64_t unsaid = 0;  // lookups since then
  };

  // The fault of that kind; where there is no room for it, another.
  Fault& FaultOf(absl::string_view parameter, absl::string_view kind,
                 const Moment& now);

  const Clock& clock_;
  Logger& logger_;
  std::vector<Fault> faults_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_LOOKUP_TEMPORARY_LOG_H_
