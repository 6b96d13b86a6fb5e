// Asks an HTTP server on 127.0.0.1 or ::1, as Prometheus would.
#ifndef POSTMIRROR_TESTS_SCHEMA_RUNTIME_SCRAPE_H_
#define POSTMIRROR_TESTS_SCHEMA_RUNTIME_SCRAPE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

// A socket that is bound to a free port of the host and closed with the object.
class BoundSocket {
 public:
  explicit BoundSocket(absl::string_view host = "127.0.0.1");
  ~BoundSocket() { Close(); }
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;

  void Listen();
  void Close();

  // HOST:PORT, which stays free for a while after Close().
  const std::string& address() const { return address_; }

 private:
  int fd_ = -1;
  std::string address_;
};

// Returns a connected socket, or -1 where nobody listens. An answer is waited
// for ten seconds at most.
int ConnectTo(const std::string& address);

// Returns the reply to GET `path`, head and body; empty where nobody listens.
std::string Get(const std::string& address, absl::string_view path);

// Returns the body of /metrics.
std::string Scrape(const std::string& address);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SCHEMA_RUNTIME_SCRAPE_H_
