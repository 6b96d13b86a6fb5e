// Keeps a program's metrics where its setting says, and says in the log when it
// cannot: one line when it breaks, one when it heals. While a machine starts
// the address may not be there yet.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_METRICS_WATCH_H_
#define POSTMIRROR_SCHEMA_RUNTIME_METRICS_WATCH_H_

#include <string>

#include "schema/runtime/clock.h"
#include "schema/runtime/logger.h"
#include "schema/runtime/metrics_endpoint.h"

namespace postmirror {

// Used by one thread.
class MetricsWatch {
 public:
  // `setting` is that of postmirror.cf; see MetricsEndpoint for `collect`.
  // `clock` and `logger` must outlive the watch.
  MetricsWatch(std::string setting, MetricsEndpoint::Collect collect,
               const Clock* clock, Logger* logger);

  // Serves at `address`, or nowhere if it is empty. To be called at start and
  // at a reload.
  void Serve(const std::string& address);

  // To be called about once a second, or less often: what failed is tried again
  // after a minute.
  void Tick();

  // Whether metrics are served anywhere.
  bool serves() const { return !served_.empty(); }

 private:
  void Try();

  const std::string setting_;
  const Clock& clock_;
  Logger& logger_;
  std::string wanted_;   // what was asked for last
  std::string failure_;  // of that, or empty
  Moment tried_;         // when it was tried last
  std::string served_;   // where metrics are, or empty
  MetricsEndpoint endpoint_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_METRICS_WATCH_H_
