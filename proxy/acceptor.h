// Accepts clients on all listeners and hands them to the workers in turn. Runs
// in the first worker's loop.
#ifndef POSTMIRROR_PROXY_ACCEPTOR_H_
#define POSTMIRROR_PROXY_ACCEPTOR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "proxy/client_counts.h"
#include "proxy/listen_plan.h"
#include "proxy/net/event_loop.h"
#include "proxy/net/listener.h"
#include "proxy/protocol/codec.h"
#include "proxy/worker.h"
#include "schema/runtime/logger.h"

namespace postmirror {

class Acceptor {
 public:
  // So many more may be open at a listener, on their way to workers that have
  // yet to close others for them.
  static constexpr int kMaxMoving = 64;
  // So often a connection of a user who is not trusted makes room for another
  // of his in one wake-up. Further ones of his are closed, so that it costs him
  // more to connect than it costs us.
  static constexpr int kMaxOwnMoves = 64;

  // Serves at most `client_limit` clients of each listener at a time, as
  // `*counts` has them; for a further one another makes room, or it is turned
  // away (ClientCounts::WhoMakesRoom). `workers` are not empty. Everything must
  // outlive the acceptor, which is destroyed when no worker runs.
  Acceptor(std::vector<Worker*> workers, int client_limit, ClientCounts* counts,
           Logger* logger);
  ~Acceptor();

  // Begins to accept on `listener`, for `codec`.
  absl::Status Add(Listener listener, const Codec* codec);

  // Where it listens; without the unix sockets that nobody can reach any more
  // and that can be bound again (SocketFile::IsLost).
  std::set<std::string> Addresses() const;
  bool HasLost() const;  // such a one

  // Listens where `plan` says, and nowhere else but on the sockets that the
  // service manager passed. Clients that are there already stay as they are. On
  // failure everything is as before.
  absl::Status Follow(ListenPlan plan);

  // How many limits there are: ListenerName() of Addresses().
  int Listeners() const;

  // Serves a client that another process has accepted, or turns it away.
  void Welcome(FileDescriptor socket, const Codec* codec);

  void set_client_limit(int client_limit) { client_limit_ = client_limit; }

  // To be called about once a second: the workers' Tick(); accepts again after
  // a want of descriptors or memory, and logs, at most once a minute, what went
  // wrong since.
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
    std::string last;  // where, or who, it was

    void Count(std::string where) {
      ++count;
      last = std::move(where);
    }

    // Returns the count to log now, or 0.
    int Tick();
  };

  void Accept(const Door& door);
  void Welcome(Worker::Arrival client);
  bool IsCrowding(const Peer& peer) const;
  void TurnedAway(const std::string& listener);
  void Serve(Worker* worker, Worker::Arrival client);
  bool MakeRoom(Worker::Arrival* client, Worker** worker);
  void WatchAgain();
  void LogReports();
  void WarnOfDisplaced();
  void Pause(int error);
  void Redirect(const ListenPlan& plan);
  void CloseLast();
  void SetRights(const Door& door, const SocketRights& rights);
  void WarnOfUnserved(const Door& door);

  const std::vector<Worker*> workers_;
  std::atomic<int> client_limit_;
  ClientCounts* const counts_;
  Logger* const logger_;
  std::vector<std::unique_ptr<Door>> doors_;
  // Closed, and destroyed once no event of theirs can be left: a tick may come
  // in the wake-up that closed them, the one after it does not.
  std::vector<std::unique_ptr<Door>> closed_;
  std::vector<std::unique_ptr<Door>> doomed_;
  std::map<Peer, int> own_moves_;  // of users, in this wake-up
  size_t next_ = 0;                // the worker whose turn it is
  bool paused_ = false;
  int pause_error_ = 0;
  std::atomic<uint64_t> accepted_ = 0;
  std::atomic<uint64_t> turned_away_ = 0;
  Report refusals_;      // those turned away
  Report replacements_;  // those closed for others
  Report unknown_;       // those whose user is unknown
  Report unfinished_;    // those closed in the middle of something
  Report greedy_;        // those closed since too much was kept for them
  Report pauses_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_ACCEPTOR_H_
