// Ends what the client library would wait for without end. Its time-outs are
// for each read, so that a server which sends a byte now and then is never too
// slow for it, neither in its greeting nor in TLS nor in an answer. Another
// thread shuts the socket down: that ends a read wherever it is.
#ifndef POSTMIRROR_SYNC_MARIADB_SOCKET_WATCH_H_
#define POSTMIRROR_SYNC_MARIADB_SOCKET_WATCH_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {

class WatchedSocket;

// The thread that looks at the time of many connections.
class SocketWatch {
 public:
  SocketWatch();
  // REQUIRES: no WatchedSocket of it is left.
  ~SocketWatch();
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;

  // Ends all connections, those that are being opened too, and every later one.
  // From any thread.
  void Cancel();

 private:
  friend class WatchedSocket;

  void Add(WatchedSocket* socket);
  void Remove(WatchedSocket* socket);
  void Run();

  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_ended_ = false;
  bool cancelled_ = false;
  std::set<WatchedSocket*> sockets_;
  std::thread thread_;
};

// The socket of one connection, as any thread may end it.
class WatchedSocket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `watch` may be nullptr: then no time is too long. It must outlive the
  // socket.
  explicit WatchedSocket(SocketWatch* watch);
  ~WatchedSocket();
  WatchedSocket(const WatchedSocket&) = delete;
  WatchedSocket& operator=(const WatchedSocket&) = delete;

  // Takes a descriptor of our own for the library's socket: the library may
  // close its own at any time, and its number may be given to another file. The
  // time that is limited begins now. False where there is no descriptor left.
  // REQUIRES: !is_set().
  bool Set(int socket);
  bool is_set() const;

  // The socket is shut down where it takes longer than `time` until Unlimit;
  // `rule` says where that comes from, and must be a constant. False, and
  // nothing is changed, where another limit holds.
  bool Limit(absl::Duration time, absl::string_view rule);
  void Unlimit();
  // What is limited goes on: its time begins again.
  void Progress() { steps_.fetch_add(1, std::memory_order_relaxed); }

  // What the watch does now and then.
  void EndIfLate(Time now);

  // Shuts it down, now or as soon as it is there; cancelled() from then on. The
  // library shows it with the server's first byte: what it waits for until then
  // has the library's own time-outs.
  void Cancel();
  // The same without a reason.
  void Shutdown() const;

  bool cancelled() const;
  // Whether it was cancelled, or a limit was exceeded.
  bool ended() const { return cancelled() || !exceeded().empty(); }
  // The limit that was exceeded, as in "15s (connect_timeout + read_timeout)";
  // empty where none was.
  std::string exceeded() const;

 private:
  SocketWatch* const watch_;
  mutable std::mutex mutex_;
  FileDescriptor socket_;
  std::optional<absl::Duration> limit_;
  absl::string_view rule_;
  Time deadline_;
  bool cancelled_ = false;
  bool exceeded_ = false;
  std::atomic<uint64_t> steps_ = 0;
  uint64_t seen_steps_ = 0;  // when the time was looked at
};

// A limit of what is done in a scope, if no outer one holds.
class TimeLimit {
 public:
  // `socket` must outlive it; see WatchedSocket::Limit.
  TimeLimit(WatchedSocket* socket, absl::Duration time, absl::string_view rule)
      : socket_(socket->Limit(time, rule) ? socket : nullptr) {}
  ~TimeLimit() {
    if (socket_ != nullptr) socket_->Unlimit();
  }
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

 private:
  WatchedSocket* const socket_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_SOCKET_WATCH_H_
