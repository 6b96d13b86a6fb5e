// The connections to one server of a plan, from the moment that it answers
// until the next fault: what reads it, and what tells that it has changed.
#ifndef POSTMIRROR_SYNC_SERVER_SESSION_H_
#define POSTMIRROR_SYNC_SERVER_SESSION_H_

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "schema/config/config.h"
#include "schema/runtime/clock.h"
#include "sync/change_signal.h"
#include "sync/collation_tables.h"
#include "sync/mirror_plan.h"
#include "sync/signal_choice.h"
#include "sync/snapshot.h"

namespace postmirror {

// Used on the loop's thread; Cancel() may come from any.
class ServerSession {
 public:
  // All but `wake` must outlive it; see SignalChoice for that.
  ServerSession(const ServerPlan* plan, const Config* config,
                CollationTables* collations, const Clock* clock,
                std::function<void()> wake);
  ~ServerSession();

  // Connects to the first of the hosts that answers. With `choosy`, a replica
  // that is stopped or far behind does not count.
  absl::Status Connect(bool choosy);

  // Whether the connected host is not the first, and an earlier one accepts
  // connections again.
  bool EarlierHostAnswers() const;

  // Reads all maps, or what the signal names of them and `widen` makes of that.
  // `*asked` is a moment just before. After kAborted all maps have to be read.
  absl::StatusOr<Snapshot> ReadAll(Moment* asked);
  absl::StatusOr<Snapshot> ReadNamed(Moment* asked,
                                     absl::FunctionRef<void(ReadScope*)> widen);

  // Asks the signal, and beside it, once a second, what no signal tells:
  // redefined views, the state of a replica. Fails where it must be connected
  // anew; kAlreadyExists where the server_id is another replica's.
  absl::StatusOr<ChangeHint> Poll();

  // REQUIRES: a read has returned OK since Connect, for all below.
  const SignalChoice& choice() const { return choice_; }
  const std::string& server() const;
  // It matters whether the server is a replica that has fallen behind, and it
  // does not let us ask.
  bool replica_state_hidden() const { return replica_state_hidden_; }

  // See SignalChoice.
  bool NoteUntold() { return choice_.NoteUntold(); }
  uint32_t ChangeServerId() { return choice_.ChangeServerId(); }

  // Ends a question to the server that is under way, now and later.
  void Cancel();

 private:
  absl::Status ConnectTo(const ServerAddress& address, bool choosy);
  absl::Status CheckReplica(bool choosy);
  absl::Status Prepare();
  absl::StatusOr<Snapshot> TryReadAll();
  absl::StatusOr<ChangeHint> LookBeside(const Moment& now);
  void Close();

  const ServerPlan& plan_;
  const Config& config_;
  CollationTables& collations_;
  const Clock& clock_;
  SignalChoice choice_;

  std::mutex readers_mutex_;  // for Cancel
  bool cancelled_ = false;
  std::vector<GroupReader> readers_;
  size_t host_ = 0;  // the connected one of plan_.hosts
  bool is_replica_ = false;
  bool replica_state_hidden_ = false;
  bool prepared_ = false;  // and nothing was read since
  Moment looked_beside_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_SERVER_SESSION_H_
