// Asks the hosts of one plan, over real connections, what HostChoice decides
// by: what each of them has, and whether it is a replica that has fallen
// behind. Keeps what it learnt of the host that is read.
#ifndef POSTMIRROR_SYNC_HOST_EXAMINER_H_
#define POSTMIRROR_SYNC_HOST_EXAMINER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "schema/config/config.h"
#include "schema/runtime/clock.h"
#include "sync/group_reader.h"
#include "sync/host_choice.h"
#include "sync/host_facts.h"
#include "sync/mariadb/connection.h"
#include "sync/mirror_plan.h"
#include "sync/snapshot.h"

namespace postmirror {

// Used on the loop's thread. All that takes a connection, or readers, asks on
// it and fails as Connection::Query does; after Examine it is one to the host
// that was examined last.
class HostExaminer {
 public:
  // What no signal tells is asked for, though not as often: it is some
  // statements each time. A little less than a second, so that each of the
  // polls that come once a second asks.
  static constexpr absl::Duration kBesideInterval = absl::Milliseconds(900);

  // All must outlive it.
  HostExaminer(const ServerPlan* plan, const Config* config,
               const Clock* clock);

  HostChoice& choice() { return choice_; }
  const HostChoice& choice() const { return choice_; }

  // Begins a round: the hosts as they are to be tried. `stored` is what the
  // store knows of earlier reads.
  std::vector<size_t> BeginRound(const StoredReads& stored);

  // Asks a host that was just connected what it has. kUnavailable where
  // something speaks against reading it, unless `whatever` is set: whatever
  // speaks against it.
  absl::Status Examine(size_t host, bool whatever, Connection& connection);

  // Whether it is time to look for a better host, and whether there is one that
  // may be read. Asks on connections of its own: the current host is read until
  // then, through `current`.
  bool BetterHostAnswers(Connection& current);

  // A replica that stops or falls behind is left (kUnavailable), though not for
  // the moment that a STOP SLAVE; START SLAVE takes; one that is read in spite
  // of that stays. Asks once in kBesideInterval.
  absl::Status LookAtReplica(Connection& connection, const Moment& now);

  // It matters whether the server is a replica that has fallen behind, and it
  // does not let us ask.
  bool replica_state_hidden() const { return replica_state_hidden_; }

  // Which tables are read, and since when they are there; and what the next
  // snapshot shows at least.
  absl::Status ReadTables(absl::Span<const GroupReader> readers);

  // What the open transaction shows at most: see sync/mariadb/host_questions.h.
  absl::Status ReadHighestGtids(Connection& connection);
  absl::Status ReadHighestPositions(Connection& connection);

  // Says of a snapshot what the host it came from means for the store.
  absl::Status Mark(Connection& connection, Snapshot* snapshot);

  // See HostChoice.
  void NoteRead(bool taken, bool changed);

  // Where the logs of the host are now: a host that goes back is known by it.
  // Does nothing where there is one host only.
  absl::Status NotePositions(Connection& connection);

 private:
  bool IsGood(size_t host, Connection& current);
  absl::StatusOr<bool> Judge(size_t host, Connection& current);

  const ServerPlan& plan_;
  const Config& config_;
  const Clock& clock_;
  HostChoice choice_;
  HostFacts facts_;  // of the connected one; what it has, as of the last read
  bool is_replica_ = false;
  bool replica_state_hidden_ = false;
  bool replica_is_bad_ = false;  // when it was looked at last
  Moment looked_at_replica_;
  Moment looked_for_hosts_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_HOST_EXAMINER_H_
