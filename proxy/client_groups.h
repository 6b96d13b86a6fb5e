// The clients of one worker by who holds them: which is idle for longest, and
// which has left something unfinished for too long. Used by the worker's
// thread.
#ifndef POSTMIRROR_PROXY_CLIENT_GROUPS_H_
#define POSTMIRROR_PROXY_CLIENT_GROUPS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <utility>
#include <vector>

#include "proxy/client_counts.h"

namespace postmirror {

class Client;

class ClientGroups {
 public:
  // In the order in which they make room.
  enum Order : size_t {
    kReconnects,  // between two requests; Postfix connects again, unnoticed
    kWaits,       // between two requests; Postfix sleeps before it does
    kUnfinished,  // in the middle of a request, or of reading a reply
    kOrders,
  };

  // How long a request may take to arrive, and a reply to be read.
  static constexpr uint64_t kMaxUnfinishedSeconds = 10;
  // What the worker keeps for clients in the middle of something, in bytes.
  static constexpr size_t kMaxKeptBytes = size_t{64} << 20;

  struct Group {
    Holder holder;
    // Of each, the one that was active, or began, first in front.
    std::array<std::list<Client*>, kOrders> clients;
    size_t kept_bytes = 0;
  };

  // Where a client stands; it is the client's, and written here.
  struct Standing {
    Group* group = nullptr;  // none: it is turned away
    std::list<Client*>::iterator position;
    Order order = kReconnects;
    uint64_t since = 0;  // when it began what is unfinished, by Tick()
    size_t kept_bytes = 0;
  };

  // What became of a client's last wake-up.
  struct Step {
    Order order;
    bool finished_something;  // a request was answered, or all replies are read
    size_t kept_bytes;        // for the client
  };

  // Called with 1 when a client of the holder's begins something, with -1 when
  // that is finished or the client is removed.
  using CountUnfinished = std::function<void(const Holder& holder, int change)>;
  void set_count_unfinished(CountUnfinished count_unfinished) {
    count_unfinished_ = std::move(count_unfinished);
  }

  void Add(const Holder& holder, Order order, Client* client,
           Standing* standing);
  void Remove(Standing* standing);

  // A client was active.
  void Move(const Step& step, Standing* standing) {
    if (standing->group == nullptr) return;
    if (step.order == standing->order && step.order != kUnfinished) {
      // The usual case: a request came whole, and its reply was taken.
      std::list<Client*>& clients = standing->group->clients[step.order];
      clients.splice(clients.end(), clients, standing->position);
    } else {
      Reorder(step, standing);
    }
  }

  // Who makes room for another client, or nullptr where the holder has none, or
  // none up to the order `last`.
  Client* First(const Holder& holder, Order last = kUnfinished) const;

  // A second has passed.
  void Tick() { ++now_; }

  // The clients that are over their time.
  std::vector<Client*> Overdue() const;

  // A client that has to go since more than kMaxKeptBytes are kept: of whom
  // most is kept for. Else nullptr.
  Client* Greediest() const;

 private:
  void Reorder(const Step& step, Standing* standing);
  void Keep(size_t bytes, Standing* standing);
  void SetOrder(Order order, Standing* standing);

  CountUnfinished count_unfinished_ = [](const Holder&, int) {};
  uint64_t now_ = 0;
  size_t kept_bytes_ = 0;
  std::map<Holder, Group> groups_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_CLIENT_GROUPS_H_
