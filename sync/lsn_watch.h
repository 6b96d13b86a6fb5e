// InnoDB's log sequence number beside a binlog of which the account cannot see
// what it leaves out: where the number moves and no event comes, something may
// have changed that the binlog does not tell. Blind to other storage engines.
#ifndef POSTMIRROR_SYNC_LSN_WATCH_H_
#define POSTMIRROR_SYNC_LSN_WATCH_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "schema/runtime/clock.h"
#include "sync/binlog/binlog_position.h"
#include "sync/change_signal.h"

namespace postmirror {

// How often at most everything is read because the number moved without an
// event.
inline constexpr absl::Duration kBlindInterval = absl::Seconds(5);
// The same where events came, too: they explain why it moved, but not that
// nothing else did.
inline constexpr absl::Duration kBlindIntervalBesideEvents = absl::Minutes(1);

class LsnWatch {
 public:
  using ReadLsn = std::function<absl::StatusOr<uint64_t>()>;

  // `read_lsn` asks the server whose binlog it is; it and `clock` must outlive
  // the watch.
  LsnWatch(ReadLsn read_lsn, const Clock* clock);

  // To be called right before the transactions of a read of everything are
  // opened; the binlog ends at `end`.
  absl::Status BeforeSnapshot(const BinlogPosition& end);

  // Asks once; the binlog ends at `end`. kUnchanged: nothing has moved the
  // number since the last snapshot. kChanged: everything is to be read now.
  // kUnknown: it is to be read, but was not so long ago.
  absl::StatusOr<ChangeHint> Look(const BinlogPosition& end);

 private:
  absl::Status Ask(const BinlogPosition& end, const Moment& now);

  const ReadLsn read_lsn_;
  const Clock& clock_;
  std::optional<uint64_t> lsn_;  // asked last
  BinlogPosition end_;           // then
  Moment moved_;                 // when it was another one than before
  Moment read_;                  // when the last snapshot was opened
  // It has moved since a snapshot that shows all that moved it before.
  bool moved_alone_ = false;
  bool moved_beside_events_ = false;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_LSN_WATCH_H_
