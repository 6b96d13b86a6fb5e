#include "sync/lsn_signal.h"

#include <utility>

namespace postmirror {

LsnSignal::LsnSignal(std::function<absl::StatusOr<uint64_t>()> read_lsn,
                     absl::Duration poll_interval, const Clock* clock)
    : read_lsn_(std::move(read_lsn)),
      poll_interval_(poll_interval),
      clock_(*clock),
      moved_(clock->Now()) {}

absl::Status LsnSignal::BeforeSnapshot() {
  const absl::StatusOr<uint64_t> lsn = read_lsn_();
  if (!lsn.ok()) return lsn.status();
  const Moment now = clock_.Now();
  if (baseline_ != *lsn) {
    baseline_ = *lsn;
    moved_ = now;
    unsettled_ = true;
  } else if (HasRested(now)) {
    unsettled_ = false;
  }
  return absl::OkStatus();
}

absl::StatusOr<ChangeHint> LsnSignal::Poll() {
  const absl::StatusOr<uint64_t> lsn = read_lsn_();
  if (!lsn.ok()) return lsn.status();
  // Lower too is a change: another server may answer, or a restored one.
  if (baseline_ != *lsn) return ChangeHint::kChanged;
  if (!unsettled_) return ChangeHint::kUnchanged;
  return HasRested(clock_.Now()) ? ChangeHint::kChanged : ChangeHint::kUnknown;
}

bool LsnSignal::HasRested(const Moment& now) const {
  return Elapsed(moved_, now) >= kLsnSettleTime;
}

}  // namespace postmirror
