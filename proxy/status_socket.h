// The unix socket on which the proxy says how it is (status_socket): whoever
// connects gets one JSON object, EncodeProxyStatus(), and the end. A thread of
// its own serves it, so that it answers while the workers wait for the store:
// it asks for the status of this moment, and says the last one, with its age,
// where none comes in time.
#ifndef POSTMIRROR_PROXY_STATUS_SOCKET_H_
#define POSTMIRROR_PROXY_STATUS_SOCKET_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "proxy/net/socket_file.h"
#include "schema/runtime/file_descriptor.h"
#include "schema/runtime/logger.h"
#include "schema/status/proxy_status.h"

namespace postmirror {

// Used by one thread.
class StatusSocket {
 public:
  // At a time, of those that wait or do not read at once: one more takes the
  // place of the one that came first, which gets what there is.
  static constexpr size_t kMaxClients = 16;
  // So long a client may take to read.
  static constexpr std::chrono::seconds kPatience{1};
  // So long a client waits for an Answer().
  static constexpr std::chrono::milliseconds kLongestWait{200};
  // From one call of `ask` to the next: who asks without end must not keep the
  // workers busy.
  static constexpr std::chrono::milliseconds kAskInterval{50};

  // `ask` asks for one Answer(), for all clients that wait by then; it is
  // called in the socket's thread, must not block, and is not called again
  // before that. The logger, and what `ask` uses, must outlive the socket.
  StatusSocket(std::function<void()> ask, Logger* logger,
               std::chrono::milliseconds longest_wait = kLongestWait)
      : ask_(std::move(ask)), logger_(*logger), longest_wait_(longest_wait) {
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

  // The same, of a moment since `ask` was called: whoever waits for it gets it.
  void Answer(const ProxyStatus& status);

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Client {
    FileDescriptor socket;
    uint64_t question = 0;            // whose answer it waits for
    std::optional<std::string> text;  // what is left; nothing: it waits
    Time deadline;                    // of waiting, then of reading
  };

  absl::Status Listen(const std::string& path);
  void Stop();
  void Run();
  // What the thread does between two waits. Returns until when it may wait for
  // its clients.
  Time ServeClients(std::deque<Client>* clients);
  // Sends what can be sent; false once the client is done with.
  bool Send(Client* client, Time now);
  Time AskFor(const std::deque<Client>& clients, Time now);
  void Accept(std::deque<Client>* clients, Time* pause_until);
  std::string Text();

  const std::function<void()> ask_;
  Logger& logger_;
  const std::chrono::milliseconds longest_wait_;
  std::string path_;     // where it answers, or ""
  std::string failure_;  // as it was logged
  FileDescriptor socket_;
  std::unique_ptr<SocketFile> file_;
  FileDescriptor wake_;  // an eventfd(2) that wakes the thread
  Time ask_after_;       // the thread's
  std::mutex mutex_;     // guards the next five
  bool ends_ = false;
  // Questions by number: so many were asked, and all up to that one answered.
  uint64_t asked_ = 0;
  uint64_t answered_ = 0;
  ProxyStatus status_;
  Time published_ = std::chrono::steady_clock::now();
  std::thread thread_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_STATUS_SOCKET_H_
