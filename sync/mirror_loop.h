// The loop of one server: connect, snapshot, diff, guard, apply, wait for a
// signal, read again. A fault never writes: the store keeps its last snapshot,
// the loop says so once and tries again for ever.
#ifndef POSTMIRROR_SYNC_MIRROR_LOOP_H_
#define POSTMIRROR_SYNC_MIRROR_LOOP_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "schema/config/config.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/logger.h"
#include "sync/accept_inbox.h"
#include "sync/backoff.h"
#include "sync/change_signal.h"
#include "sync/collation_tables.h"
#include "sync/doorbell.h"
#include "sync/loop_log.h"
#include "sync/loop_status.h"
#include "sync/mirror_plan.h"
#include "sync/mirror_store.h"
#include "sync/read_pace.h"
#include "sync/read_scope.h"
#include "sync/server_session.h"
#include "sync/snapshot.h"
#include "sync/status_board.h"
#include "sync/stop_signal.h"
#include "sync/sync_metrics.h"

namespace postmirror {

class MirrorLoop {
 public:
  // What a loop works with; all must outlive it.
  struct Surroundings {
    const Config* config;
    MirrorStore* store;
    StatusBoard* board;
    SyncMetrics* metrics;
    CollationTables* collations;
    const Clock* clock;
    Logger* logger;
    const StopSignal* stop;
  };

  // `number` is the plan's place on the board; `folder` is the environment's.
  MirrorLoop(const ServerPlan* plan, size_t number, absl::string_view folder,
             const Surroundings& surroundings);

  // Runs until the stop signal.
  void Run();

  // Ends a wait, or a question to the server that is under way. Any thread may
  // call, after the stop signal was given.
  void Cancel();

  // Whether the loop has shown no sign of life for longer than all that it may
  // wait for takes: a statement, a commit on a slow disk. Any thread may call.
  bool IsStuck() const;

 private:
  // What is due.
  enum class Next { kReadAll, kReadNamed, kReconnect, kStop };

  absl::Status Follow();
  absl::Status Read(Next what);
  absl::Status ReadAll();
  void ReadAllSoon();
  absl::Status ReadNamed();
  void PreferWholeMaps(ReadScope* scope) const;
  absl::StatusOr<Next> Wait();
  absl::StatusOr<ChangeHint> Poll();
  void ShowLife();
  absl::Status CountError(absl::Status status);
  void NoteSource();
  void Confirm(const Moment& asked);
  void Report(const Snapshot& snapshot, const std::vector<MapResult>& results,
              const Moment& asked, bool told);
  void NoteUntold(const UntoldChanges& untold);
  void PostBroken(const absl::Status& status);
  absl::Status NoteRead(const Snapshot& snapshot,
                        const std::vector<MapResult>& results);
  absl::Status KeepBound();

  const ServerPlan& plan_;
  const Surroundings with_;
  AcceptInbox inbox_;
  LoopLog log_;
  Backoff backoff_;
  LoopStatus status_;
  Doorbell doorbell_;
  bool rung_ = false;  // and not polled since
  ServerSession session_;

  std::atomic<int64_t> alive_ns_;  // when the loop showed life, since boot
  Moment connected_;
  // The number of the signal that was there when everything was read last.
  std::optional<uint64_t> signal_of_last_read_;
  // A read of what was named was given up, or the signal is not trusted.
  bool must_read_all_ = false;
  Moment confirmed_;         // when the store was equal last
  Moment collected_;         // when requests were looked for last
  Moment reconciled_;        // when everything was read last
  uint64_t generation_ = 0;  // of the store that it went into
  Moment tried_;             // when something was read last
  ReadPace pace_;            // of reading everything
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MIRROR_LOOP_H_
