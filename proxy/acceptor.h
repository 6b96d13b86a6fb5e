// Accepts clients on all listeners and hands them to the workers in turn. Runs
// in the first worker's loop.
#ifndef POSTMIRROR_PROXY_ACCEPTOR_H_
#define POSTMIRROR_PROXY_ACCEPTOR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proxy/listen_plan.h"
#include "proxy/net/event_loop.h"
#include "proxy/net/listener.h"
#include "proxy/protocol/codec.h"
#include "proxy/worker.h"
#include "schema/runtime/logger.h"

namespace postmirror {

class Acceptor {
 public:
  // Serves at most `client_limit` clients at a time, as `*clients` counts them;
  // further ones are turned away. `workers` are not empty. Everything must
  // outlive the acceptor, which is destroyed when no worker runs.
  Acceptor(std::vector<Worker*> workers, int client_limit,
           std::atomic<int>* clients, Logger* logger);
  ~Acceptor();

  // Begins to accept on `listener`, for `codec`.
  absl::Status Add(Listener listener, const Codec* codec);

  // Where it listens; without the unix sockets that nobody can reach any more
  // and that can be bound again (SocketFile::IsLost).
  std::set<std::string> Addresses() const;

  // Listens where `plan` says, and nowhere else but on the sockets that the
  // service manager passed. Clients that are there already stay as they are. On
  // failure everything is as before.
  absl::Status Follow(ListenPlan plan);

  // Serves a client, or turns it away.
  void Welcome(FileDescriptor socket, const Codec* codec);

  void set_client_limit(int client_limit) { client_limit_ = client_limit; }

  // To be called about once a second: accepts again after a want of descriptors
  // or memory, and logs, at most once a minute, what went wrong since.
  void Tick();

  // So many clients were served, or turned away, so far. Any thread may ask.
  uint64_t accepted() const { return accepted_.load(); }
  uint64_t turned_away() const { return turned_away_.load(); }
  int client_limit() const { return client_limit_.load(); }

 private:
  class Door;

  // Something that may happen often and is logged at most once a minute.
  struct Report {
    int count = 0;
    int silent_ticks = 0;

    // Returns the count to log now, or 0.
    int Tick();
  };

  void Accept(const Door& door);
  void Pause(int error);
  void Redirect(const ListenPlan& plan);
  void CloseLast();
  void SetRights(const Door& door, const SocketRights& rights);
  void WarnOfUnserved(const Door& door);

  const std::vector<Worker*> workers_;
  std::atomic<int> client_limit_;
  std::atomic<int>* const clients_;
  Logger* const logger_;
  std::vector<std::unique_ptr<Door>> doors_;
  // Closed, and destroyed once no event of theirs can be left: a tick may come
  // in the wake-up that closed them, the one after it does not.
  std::vector<std::unique_ptr<Door>> closed_;
  std::vector<std::unique_ptr<Door>> doomed_;
  size_t next_ = 0;  // the worker whose turn it is
  bool paused_ = false;
  int pause_error_ = 0;
  std::atomic<uint64_t> accepted_ = 0;
  std::atomic<uint64_t> turned_away_ = 0;
  Report refusals_;  // those turned away
  Report pauses_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_ACCEPTOR_H_
