// Who holds how many connections at which listener, over all workers. It is
// asked when one comes and when one goes, never for a lookup. Any thread may
// call.
#ifndef POSTMIRROR_PROXY_CLIENT_COUNTS_H_
#define POSTMIRROR_PROXY_CLIENT_COUNTS_H_

#include <atomic>
#include <compare>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "proxy/net/peer.h"

namespace postmirror {

class Worker;

// A listener as its limit goes: a TCP port, whatever the address, or the path
// of a unix socket. `address` is BoundAddress() of the listening socket, or of
// a connection that it accepted.
std::string ListenerName(absl::string_view address);

// Whose a connection is.
struct Holder {
  std::string listener;  // ListenerName()
  Peer peer;

  // NOLINTNEXTLINE(modernize-use-nullptr): the check sees a 0 where none is
  friend auto operator<=>(const Holder&, const Holder&) = default;
};

class ClientCounts {
 public:
  // Who gives up a connection, and a worker that has one of his.
  struct Loser {
    Peer peer;
    Worker* worker = nullptr;
    bool if_idle = false;  // none that is in the middle of something
  };

  explicit ClientCounts(LocalUsers users) : users_(std::move(users)) {}

  // A listener without connections is in ByListener() from now on.
  void Open(const std::string& listener);

  void Add(const Holder& holder, Worker* worker);
  // REQUIRES: it was added.
  void Remove(const Holder& holder, Worker* worker);
  // So many more of them, or fewer, are in the middle of something. REQUIRES:
  // they were added, and none of these is removed.
  void AddUnfinished(const Holder& holder, Worker* worker, int change);

  int At(const std::string& listener) const;
  std::map<std::string, int> ByListener() const;
  int All() const;

  // Who makes room for `newcomer` at a listener that has reached `limit`: of
  // the peers that are not trusted the one that holds most, if that is more
  // than its share, half of the limit. Nobody has a share against a newcomer
  // that is trusted; where all peers are, the one that holds most makes room
  // for it, the newcomer itself too, by a connection that is idle. The worker
  // is `turn` where that has such a one of his, else the one that has most.
  // None: the newcomer has to go.
  std::optional<Loser> WhoMakesRoom(const Holder& newcomer, int limit,
                                    Worker* turn) const;

  // Whether it cannot be told which user that is.
  bool IsUnknown(const Peer& peer) const;

  // From now on, for connections that come.
  void set_users(LocalUsers users);

  // A worker closed a connection at a deadline, or since too much was kept for
  // it; how many there were since they were taken last.
  void CountOverdue() { overdue_.fetch_add(1); }
  void CountGreedy() { greedy_.fetch_add(1); }
  int TakeOverdue() { return overdue_.exchange(0); }
  int TakeGreedy() { return greedy_.exchange(0); }

 private:
  struct Share {
    int all = 0;
    int unfinished = 0;
  };
  struct Held {
    int all = 0;
    std::map<Worker*, Share> by_worker;
  };
  struct Listener {
    int all = 0;
    std::map<Peer, Held> peers;
    std::set<std::pair<int, Peer>> by_count;  // `all` of each
  };

  bool IsTrusted(const Peer& peer) const;
  static std::optional<Loser> LoserOf(const Listener& listener,
                                      const Peer& peer, bool if_idle,
                                      Worker* turn);
  static void Recount(Listener* listener, const Peer& peer, int change);

  mutable std::mutex mutex_;
  LocalUsers users_;                           // guarded by mutex_
  std::map<std::string, Listener> listeners_;  // guarded by mutex_
  std::atomic<int> overdue_ = 0;
  std::atomic<int> greedy_ = 0;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_CLIENT_COUNTS_H_
