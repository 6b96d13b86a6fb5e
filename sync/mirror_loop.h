// The loop of one server: connect, snapshot, diff, guard, apply, wait for a
// signal, read again. A fault never writes: the store keeps its last snapshot,
// the loop says so once and tries again for ever.
#ifndef POSTMIRROR_SYNC_MIRROR_LOOP_H_
#define POSTMIRROR_SYNC_MIRROR_LOOP_H_

#include <cstdint>
#include <memory>
#include <mutex>
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
#include "sync/loop_log.h"
#include "sync/map_survey.h"
#include "sync/mirror_plan.h"
#include "sync/mirror_store.h"
#include "sync/snapshot.h"
#include "sync/status_board.h"
#include "sync/stop_signal.h"

namespace postmirror {

class MirrorLoop {
 public:
  // What a loop works with; all must outlive it.
  struct Surroundings {
    const Config* config;
    MirrorStore* store;
    StatusBoard* board;
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

  // Ends a question to the server that is under way. Any thread may call, after
  // the stop signal was given.
  void Cancel();

 private:
  enum class Next { kRead, kReconnect, kStop };

  absl::Status Follow();
  absl::Status Connect();
  absl::Status ConnectTo(const ServerAddress& address);
  absl::Status Prepare();
  absl::Status ChooseSignal();
  void RestoreGuard(const MapStatus& earlier);
  absl::Status Mirror();
  absl::StatusOr<Snapshot> Read(Moment* asked);
  absl::StatusOr<Snapshot> TryRead();
  absl::StatusOr<Next> Wait();
  absl::StatusOr<bool> PollSignal();
  absl::StatusOr<ChangeHint> LookAtViews(const Moment& now);
  void Report(const std::vector<MapResult>& results, const Moment& asked);
  void PostBroken(const absl::Status& status);

  const ServerPlan& plan_;
  const size_t number_;
  const Surroundings with_;
  AcceptInbox inbox_;
  LoopLog log_;
  Backoff backoff_;
  ServerStatus status_;

  std::mutex readers_mutex_;  // for Cancel
  std::vector<GroupReader> readers_;
  size_t host_ = 0;  // the connected one of plan_.hosts
  std::unique_ptr<ChangeSignal> signal_;
  bool prepared_ = false;  // and nothing was read since
  TableSurvey survey_;     // what the signal was chosen by
  Moment surveyed_;

  Moment connected_;
  Moment last_read_;         // when the last snapshot was applied
  uint64_t generation_ = 0;  // of the store that it went into
  // Reads on a signal take at most a quarter of the time, however busy the
  // server is with other databases.
  absl::Duration pause_after_read_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MIRROR_LOOP_H_
