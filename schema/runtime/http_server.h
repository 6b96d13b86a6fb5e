// Answers scrapes over HTTP, in a thread of its own that blocks every signal. A
// few clients at a time, each of which has some seconds for its one request, so
// that nobody keeps another waiting or holds more than a descriptor.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_HTTP_SERVER_H_
#define POSTMIRROR_SCHEMA_RUNTIME_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {

class HttpServer {
 public:
  static constexpr size_t kMaxClients = 16;

  // Answers at `address`, HOST:PORT with an IPv6 host in brackets; at all
  // addresses of a host name. Fails with kUnavailable or kPermissionDenied and
  // a message that names the address. `metrics` gives the body of /metrics, in
  // the server's thread.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      const std::string& address, std::function<std::string()> metrics);

  // Ends at once, whatever clients are there.
  ~HttpServer();

 private:
  using Clock = std::chrono::steady_clock;

  // One that asks, is answered, and is waited for until it closes.
  struct Client {
    FileDescriptor socket;
    Clock::time_point deadline;
    std::string input;
    std::optional<std::string> unsent;  // of the reply, once there is one
  };

  HttpServer(std::vector<FileDescriptor> listeners, FileDescriptor bell,
             std::function<std::string()> metrics);

  void Run();
  bool Wait();
  void Accept(int listener);
  bool Advance(Client* client);
  bool Receive(Client* client);

  const std::vector<FileDescriptor> listeners_;
  const FileDescriptor bell_;  // rings once, at the end
  const std::function<std::string()> metrics_;
  std::deque<Client> clients_;  // oldest first; of the thread alone
  std::thread thread_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_HTTP_SERVER_H_
