// Where Prometheus scrapes a program: http://HOST:PORT/metrics. The program is
// asked for its metrics at each scrape, in the endpoint's thread.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_METRICS_ENDPOINT_H_
#define POSTMIRROR_SCHEMA_RUNTIME_METRICS_ENDPOINT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "schema/runtime/metric_family.h"

namespace postmirror {

class HttpServer;

// Used by one thread.
class MetricsEndpoint {
 public:
  using Collect = std::function<std::vector<MetricFamily>()>;

  // `collect` is called while it listens, by another thread.
  explicit MetricsEndpoint(Collect collect);
  ~MetricsEndpoint();

  // Answers at `address` from now on, HOST:PORT with an IPv6 host in brackets,
  // and nowhere else; nowhere at all where it is empty. Fails with kUnavailable
  // or kPermissionDenied and a message that names the address, and goes on
  // where it was.
  absl::Status Listen(const std::string& address);

 private:
  const Collect collect_;
  std::string address_;                 // of server_
  std::unique_ptr<HttpServer> server_;  // nullptr where it does not listen
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_METRICS_ENDPOINT_H_
