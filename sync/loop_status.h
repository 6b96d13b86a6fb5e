// The status of one server's loop: what it read from where, what became of each
// map, and why it cannot read. Posted on the board for postmirrorctl.
#ifndef POSTMIRROR_SYNC_LOOP_STATUS_H_
#define POSTMIRROR_SYNC_LOOP_STATUS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "schema/runtime/clock.h"
#include "sync/broken_maps.h"
#include "sync/mirror_plan.h"
#include "sync/mirror_store.h"
#include "sync/server_session.h"
#include "sync/snapshot.h"
#include "sync/status_board.h"
#include "sync/sync_status.h"

namespace postmirror {

// Changes that a read of everything found and the signal had not told of.
struct UntoldChanges {
  std::string map;
  uint64_t changes = 0;
};

// Used on the loop's thread. The Note functions post nothing: Confirm or
// PostFault follows.
class LoopStatus {
 public:
  // Posts what an earlier sync left of the plan's maps. `number` is the plan's
  // place on the board, which must outlive the status.
  LoopStatus(const ServerPlan& plan, size_t number, StatusBoard* board);

  const std::string& hosts() const { return status_.hosts; }
  const std::string& server() const { return status_.server; }
  const std::string& change_source() const { return status_.change_source; }
  const std::vector<MapStatus>& maps() const { return status_.maps; }
  // In the store, of the map at that place of maps().
  uint64_t entries(size_t map) const {
    return status_.maps[map].entries.value_or(0);
  }

  // Where the session reads, and what tells it of changes. REQUIRES: a signal
  // was chosen.
  void NoteSource(const ServerSession& session);

  // Takes over which maps are broken; a map that was read is not: see
  // NoteResults. Returns whether one was, so that changes of others may have
  // waited.
  bool NoteBrokenMaps(const BrokenMaps& broken);

  // What became of the maps of a snapshot. Where the signal has told of all
  // that changed, as far as it can (`told`), returns what it has not told of.
  std::vector<UntoldChanges> NoteResults(const Snapshot& snapshot,
                                         const std::vector<MapResult>& results,
                                         bool told);

  // Why a host is read that may lack changes, or "".
  void NoteDoubt(const std::string& doubt) { status_.doubt = doubt; }

  // Which hosts would not do, or "": see HostChoice.
  void NoteUnfit(const std::string& unfit) { status_.unfit = unfit; }

  // At that moment the store was equal to the database, but for what waits.
  void Confirm(const Moment& asked);

  // The server cannot be read, since `now`.
  void PostFault(const absl::Status& fault, absl::Time now);

 private:
  const size_t number_;
  StatusBoard& board_;
  ServerStatus status_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_LOOP_STATUS_H_
