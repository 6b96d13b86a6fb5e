#include "sync/lsn_signal.h"

#include <utility>

namespace postmirror {
namespace {

// How long the number must rest until every commit that moved it is visible.
constexpr absl::Duration kSettleTime = absl::Milliseconds(50);

}  // namespace

LsnSignal::LsnSignal(std::function<absl::StatusOr<uint64_t>()> read_lsn,
                     absl::Duration poll_interval, const Clock* clock)
    : read_lsn_(std::move(read_lsn)),
      poll_interval_(poll_interval),
      clock_(*clock),
      baseline_read_(clock->Now()) {}

absl::Status LsnSignal::BeforeSnapshot() {
  const absl::StatusOr<uint64_t> lsn = read_lsn_();
  if (!lsn.ok()) return lsn.status();
  unsettled_ = baseline_ != *lsn;
  baseline_ = *lsn;
  baseline_read_ = clock_.Now();
  return absl::OkStatus();
}

absl::StatusOr<ChangeHint> LsnSignal::Poll() {
  const absl::StatusOr<uint64_t> lsn = read_lsn_();
  if (!lsn.ok()) return lsn.status();
  // Lower too is a change: another server may answer, or a restored one.
  if (baseline_ != *lsn) return ChangeHint::kChanged;
  if (!unsettled_) return ChangeHint::kUnchanged;
  return Elapsed(baseline_read_, clock_.Now()) >= kSettleTime
             ? ChangeHint::kChanged
             : ChangeHint::kUnknown;
}

}  // namespace postmirror
