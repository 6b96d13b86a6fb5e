// The unix socket on which the proxy says how it is (status_socket): whoever
// connects gets one JSON object, EncodeProxyStatus(), and the end. A thread of
// its own serves it, so that it answers while the workers wait for the store.
#ifndef POSTMIRROR_PROXY_STATUS_SOCKET_H_
#define POSTMIRROR_PROXY_STATUS_SOCKET_H_

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "proxy/net/socket_file.h"
#include "schema/runtime/file_descriptor.h"
#include "schema/runtime/logger.h"
#include "schema/status/proxy_status.h"

namespace postmirror {

// Used by one thread.
class StatusSocket {
 public:
  // At a time, of those that do not read at once: one more takes the place of
  // the one that came first.
  static constexpr size_t kMaxClients = 16;
  // So long a client may take to read.
  static constexpr std::chrono::seconds kPatience{1};

  explicit StatusSocket(Logger* logger) : logger_(*logger) {
    status_.version = POSTMIRROR_VERSION;
  }
  ~StatusSocket();
  StatusSocket(const StatusSocket&) = delete;
  StatusSocket& operator=(const StatusSocket&) = delete;

  // Answers at `path`, mode 0660, from now on and nowhere else; nowhere at all
  // where it is empty. What keeps it from that is logged once, and tried again
  // at each call. The file gets the group of a folder that hands its own down.
  void Serve(const std::string& path);

  // What it says from now on, its version alone before that; its age is counted
  // from here.
  void Publish(const ProxyStatus& status);

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Client {
    FileDescriptor socket;
    std::string text;  // what is left
    Time deadline;
  };

  absl::Status Listen(const std::string& path);
  void Stop();
  void Run();
  void Accept(std::deque<Client>* clients, Time* pause_until);
  std::string Text();

  Logger& logger_;
  std::string path_;     // where it answers, or ""
  std::string failure_;  // as it was logged
  FileDescriptor socket_;
  std::unique_ptr<SocketFile> file_;
  FileDescriptor wake_;  // an eventfd(2) that ends the thread
  std::mutex mutex_;     // guards the next two
  ProxyStatus status_;
  Time published_ = std::chrono::steady_clock::now();
  std::thread thread_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_STATUS_SOCKET_H_
