// Where Prometheus scrapes a program: http://HOST:PORT/metrics. The program is
// asked for its metrics at each scrape, in a thread of the endpoint's own.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_METRICS_ENDPOINT_H_
#define POSTMIRROR_SCHEMA_RUNTIME_METRICS_ENDPOINT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "schema/runtime/metric_family.h"

namespace postmirror {

// Used by one thread.
class MetricsEndpoint {
 public:
  // Called by one thread at a time, from Listen() until the end of the next
  // Listen() or of the endpoint.
  using Collect = std::function<std::vector<MetricFamily>()>;

  explicit MetricsEndpoint(Collect collect);
  ~MetricsEndpoint();

  // Answers at `address` from now on, HOST:PORT with an IPv6 host in brackets,
  // and nowhere else; nowhere at all where it is empty. Fails with
  // kUnavailable, and goes on where it was. REQUIRES: the signals that another
  // thread waits for are blocked, since the endpoint's threads inherit that.
  absl::Status Listen(const std::string& address);

 private:
  class Source;
  struct Server;

  const std::shared_ptr<Source> source_;
  std::string address_;             // of server_
  std::unique_ptr<Server> server_;  // nullptr where it does not listen
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_METRICS_ENDPOINT_H_
