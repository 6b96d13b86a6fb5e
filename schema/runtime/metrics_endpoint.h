// Where Prometheus scrapes a program: http://HOST:PORT/metrics. The program is
// asked for its metrics at each scrape, in a thread of the endpoint's. GNU
// libmicrohttpd speaks HTTP.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_METRICS_ENDPOINT_H_
#define POSTMIRROR_SCHEMA_RUNTIME_METRICS_ENDPOINT_H_

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "schema/runtime/host_header.h"
#include "schema/runtime/metric_family.h"

struct MHD_Connection;
struct MHD_Daemon;

namespace postmirror {

// Used by one thread.
class MetricsEndpoint {
 public:
  using Collect = std::function<std::vector<MetricFamily>()>;

  // `collect` is called while it listens, by other threads: one for each
  // address of a host name. They block every signal.
  explicit MetricsEndpoint(Collect collect);
  // Ends at once, whatever clients are there.
  ~MetricsEndpoint();

  // Answers at `address` from now on, HOST:PORT with an IPv6 host in brackets,
  // and nowhere else; nowhere at all where it is empty. Fails with kUnavailable
  // or kPermissionDenied and a message that names the address, and goes on
  // where it was.
  absl::Status Listen(const std::string& address);

 private:
  struct Stop {
    void operator()(MHD_Daemon* daemon) const;
  };

  // One for each listening socket; its daemon's thread has it.
  struct Listening {
    Listening(const Collect* collected, const std::string& address)
        : collect(collected), names(address) {}

    const Collect* const collect;
    OwnNames names;
    std::list<MHD_Connection*> clients;  // the oldest first
    // The last member: it calls the others.
    std::unique_ptr<MHD_Daemon, Stop> daemon;
  };

  class Callbacks;

  Collect collect_;
  std::string address_;  // of listening_
  std::vector<std::unique_ptr<Listening>> listening_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_METRICS_ENDPOINT_H_
