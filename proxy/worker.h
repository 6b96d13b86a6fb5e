// One thread that serves its share of the clients: an event loop, one read and
// one send for each event, and a lookup that waits for nothing.
#ifndef POSTMIRROR_PROXY_WORKER_H_
#define POSTMIRROR_PROXY_WORKER_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proxy/client.h"
#include "proxy/client_counts.h"
#include "proxy/connection.h"
#include "proxy/metrics/lookup_counts.h"
#include "proxy/net/event_loop.h"
#include "proxy/net/trigger.h"
#include "proxy/protocol/codec.h"
#include "schema/runtime/file_descriptor.h"
#include "schema/search/outcome.h"

namespace postmirror {

class Worker {
 public:
  // A further client is turned away only by closing the oldest of so many that
  // are. That one goes without a reply: it has not asked, and one that comes
  // before the request would answer the client's next.
  static constexpr size_t kMaxTurnedAway = 64;
  // What a worker holds open beside its clients: the loop and its bell.
  static constexpr int kDescriptors = 2;

  // A client to be served.
  struct Arrival {
    FileDescriptor socket;
    const Codec* codec = nullptr;
    Holder holder = {};
    // Who gives up a connection at this listener for it.
    std::optional<ClientCounts::Loser> instead_of = {};
  };

  struct Work {
    // Answers one lookup; see ParameterLookup::Lookup.
    std::function<Outcome(size_t parameter, absl::string_view key,
                          std::string* value)>
        lookup;
    // Called after the lookups of each wake-up.
    std::function<void()> before_waiting = [] {};
    // Where its lookups are counted, if they are; must outlive the worker.
    LookupCounts* counts = nullptr;
  };

  // `*counts` has the clients of all workers but those turned away: whoever
  // hands one over has added it, the worker removes it. Must outlive the
  // worker.
  static absl::StatusOr<std::unique_ptr<Worker>> Create(Work work,
                                                        ClientCounts* counts);

  EventLoop* loop() { return loop_.get(); }

  // Serves until Stop(). The clients stay open until the worker is destroyed.
  void Run();

  // Ends Run(). May be called from any thread.
  void Stop();

  // Serves a client from now on, by its codec, which must outlive the worker,
  // and closes another one first where it comes instead of it: the one that is
  // idle for longest, once all that it asked is answered. May be called from
  // any thread.
  void HandOver(Arrival client);

  // The same from the worker's own thread, without waking it.
  void Serve(Arrival client);

  // Runs `action` in the worker's thread, between two events. May be called
  // from any thread.
  void Post(std::function<void()> action);

  // Closes the clients that are over ClientGroups::kMaxUnfinishedSeconds. To be
  // called about once a second, from the worker's own thread.
  void Tick();

  // Closes the clients that speak `codec`. From the worker's own thread.
  void Dismiss(const Codec* codec);

  // Gives away the sockets of the clients that are at rest, with their codecs,
  // and leaves the others. REQUIRES: Run() is not running, nor will it again.
  std::vector<Arrival> Release();

  // Answers the client's first request with a temporary reply, then closes.
  // From the worker's own thread. REQUIRES: not kAnswered.
  void TurnAway(FileDescriptor socket, const Codec* codec,
                Connection::Service service);

 private:
  Worker(std::unique_ptr<EventLoop> loop, Work work, ClientCounts* counts);

  Client* Admit(FileDescriptor socket, const Codec* codec,
                Connection::Service service);
  void Leave(Client* client);
  void Welcome();

  const std::unique_ptr<EventLoop> loop_;
  const std::function<void()> before_waiting_;
  ClientCounts* const counts_;
  Desk desk_;
  std::unordered_map<Client*, std::unique_ptr<Client>> clients_;
  std::vector<Client*> turned_away_;  // oldest first
  std::vector<std::unique_ptr<Client>>
      leaving_;  // closed, destroyed after the wake-up
  std::unique_ptr<Trigger> bell_;

  std::mutex mutex_;
  std::vector<Arrival> arrivals_;               // guarded by mutex_
  std::vector<std::function<void()>> actions_;  // guarded by mutex_
  bool stopping_ = false;                       // guarded by mutex_
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_WORKER_H_
