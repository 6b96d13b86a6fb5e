#include "sync/lsn_watch.h"

#include <utility>

#include "sync/lsn_signal.h"

namespace postmirror {

LsnWatch::LsnWatch(ReadLsn read_lsn, const Clock* clock)
    : read_lsn_(std::move(read_lsn)),
      clock_(*clock),
      moved_(clock->Now()),
      read_(moved_) {}

absl::Status LsnWatch::Ask(const BinlogPosition& end, const Moment& now) {
  const absl::StatusOr<uint64_t> lsn = read_lsn_();
  if (!lsn.ok()) return lsn.status();
  // Lower too: another server may answer, or a restored one.
  if (lsn_.has_value() && lsn_ != *lsn) {
    moved_ = now;
    (end == end_ ? moved_alone_ : moved_beside_events_) = true;
  }
  lsn_ = *lsn;
  end_ = end;
  return absl::OkStatus();
}

absl::Status LsnWatch::BeforeSnapshot(const BinlogPosition& end) {
  const Moment now = clock_.Now();
  if (absl::Status asked = Ask(end, now); !asked.ok()) return asked;
  read_ = now;
  // It moves just before a commit becomes visible: a snapshot opened sooner may
  // not show it.
  if (Elapsed(moved_, now) >= kLsnSettleTime) {
    moved_alone_ = moved_beside_events_ = false;
  }
  return absl::OkStatus();
}

absl::StatusOr<ChangeHint> LsnWatch::Look(const BinlogPosition& end) {
  const Moment now = clock_.Now();
  if (absl::Status asked = Ask(end, now); !asked.ok()) return asked;
  if (!moved_alone_ && !moved_beside_events_) return ChangeHint::kUnchanged;
  const absl::Duration interval =
      moved_alone_ ? kBlindInterval : kBlindIntervalBesideEvents;
  return Elapsed(read_, now) >= interval ? ChangeHint::kChanged
                                         : ChangeHint::kUnknown;
}

}  // namespace postmirror
