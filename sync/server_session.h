// The connections to one server of a plan, from the moment that it answers
// until the next fault: what reads it, and what tells that it has changed.
#ifndef POSTMIRROR_SYNC_SERVER_SESSION_H_
#define POSTMIRROR_SYNC_SERVER_SESSION_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "schema/config/config.h"
#include "schema/runtime/clock.h"
#include "sync/broken_maps.h"
#include "sync/change_signal.h"
#include "sync/collation_tables.h"
#include "sync/host_choice.h"
#include "sync/host_examiner.h"
#include "sync/left_out_maps.h"
#include "sync/mirror_plan.h"
#include "sync/signal_choice.h"
#include "sync/snapshot.h"

namespace postmirror {

// Used on the loop's thread; Cancel() may come from any.
class ServerSession {
 public:
  // What a session works with; all that is pointed to must outlive it.
  struct Surroundings {
    const Config* config;
    CollationTables* collations;
    // By it a map with a new collation is read as the store has it, too
    // (MapSnapshot::by_stored).
    FindStoredCollations find_stored;
    const Clock* clock;
  };

  // `plan` must outlive it; see SignalChoice for `wake`.
  ServerSession(const ServerPlan* plan, const Surroundings& surroundings,
                std::function<void()> wake);
  ~ServerSession();

  // Connects to the first of the hosts that may be read (HostChoice). `stored`
  // is what the store knows of earlier reads.
  absl::Status Connect(const StoredReads& stored);

  // How soon after a failure another Connect is worth it at the latest.
  absl::Duration longest_pause() const;

  // Whether to connect again: it is time to look for a better host, and there
  // is one that may be read; or the account may do more by now.
  bool ShouldReconnect();

  // Reads all maps but the broken ones, or what the signal names of them and
  // `widen` makes of that. `*asked` is a moment just before. nullopt where a
  // map cannot be read, and may be soon: to be tried again after kFaultPause.
  // Fails where no map can be read. After kAborted all maps have to be read.
  static constexpr absl::Duration kFaultPause = absl::Milliseconds(500);
  absl::StatusOr<std::optional<Snapshot>> ReadAll(Moment* asked);
  absl::StatusOr<Snapshot> ReadNamed(Moment* asked,
                                     absl::FunctionRef<void(ReadScope*)> widen);

  // Asks the signal, and beside it, once a second, what no signal tells:
  // tables and views that were replaced, the state of a replica. Fails where
  // the caller must connect again; kAlreadyExists where the server_id is
  // another replica's.
  absl::StatusOr<ChangeHint> Poll();

  // The last read is in the store; see HostChoice for both flags, and for
  // NoteKept.
  absl::Status NoteRead(bool taken, bool changed);
  void NoteKept() { hosts_.choice().NoteKept(); }

  const HostChoice& hosts() const { return hosts_.choice(); }

  const BrokenMaps& broken_maps() const { return broken_; }

  // REQUIRES: a read has returned OK since Connect, for all below.
  const SignalChoice& choice() const { return choice_; }
  const std::string& server() const;
  // The last ReadAll found other tables or views than the one before. No signal
  // need have told of what that changed.
  bool tables_were_replaced() const { return tables_were_replaced_; }
  // See HostExaminer.
  bool replica_state_hidden() const { return hosts_.replica_state_hidden(); }

  // See SignalChoice.
  bool NoteUntold() { return choice_.NoteUntold(); }
  uint32_t ChangeServerId() { return choice_.ChangeServerId(); }

  // Ends a question to the server that is under way, now and later.
  void Cancel();

 private:
  Connection& connection();  // to the server that is read
  absl::Status ConnectTo(size_t host, bool whatever);
  absl::Status Add(std::vector<GroupReader> readers);
  absl::Status ConnectRefusedGroups();
  absl::Status Prepare();
  absl::StatusOr<std::optional<Snapshot>> TryReadAll();
  absl::StatusOr<bool> JudgeFaults();
  absl::StatusOr<ReadScope> Scope();
  absl::StatusOr<ReadScope> NamedScope();
  absl::Status Finish(absl::Status status, Snapshot* snapshot);
  bool MustCompareTables() const;
  absl::StatusOr<ChangeHint> LookBeside(const Moment& now);
  bool BrokenMapAnswers(const Moment& now);
  bool LogOnMends(const Moment& now);
  void Mark(Snapshot* snapshot) const;
  bool WasTooMuch(const absl::Status& read);
  void Close();

  const ServerPlan& plan_;
  const Config& config_;
  CollationTables& collations_;
  const FindStoredCollations find_stored_;
  const Clock& clock_;
  SignalChoice choice_;

  std::mutex readers_mutex_;  // for Cancel
  bool cancelled_ = false;
  std::vector<GroupReader> readers_;
  std::vector<RefusedGroup> refused_;
  Moment asked_refused_;  // when those were tried last
  BrokenMaps broken_;
  LeftOutMaps left_out_;
  Moment tried_log_on_;  // for a map that is broken, last
  Moment asked_all_;     // when all maps were read last
  HostExaminer hosts_;
  bool read_named_ = false;     // the last read was of what was named
  bool signal_failed_ = false;  // in the last read
  // A new log-on mends a map that is broken, or a read ended a connection.
  bool must_reconnect_ = false;
  bool prepared_ = false;  // and nothing was read since
  bool tables_were_replaced_ = false;
  Moment looked_beside_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_SERVER_SESSION_H_
