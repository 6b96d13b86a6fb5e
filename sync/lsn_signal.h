// The change signal of a server without a binlog: InnoDB's log sequence number.
// Every InnoDB change moves it, cascades and DDL included, whatever the
// database; it needs no privilege. Blind to other storage engines.
#ifndef POSTMIRROR_SYNC_LSN_SIGNAL_H_
#define POSTMIRROR_SYNC_LSN_SIGNAL_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "schema/runtime/clock.h"
#include "sync/change_signal.h"

namespace postmirror {

// How long the number must rest until every commit that moved it is visible.
constexpr absl::Duration kLsnSettleTime = absl::Milliseconds(50);

class LsnSignal final : public ChangeSignal {
 public:
  // `read_lsn` asks the server on the snapshot's own connection; it and `clock`
  // must outlive the signal.
  LsnSignal(std::function<absl::StatusOr<uint64_t>()> read_lsn,
            absl::Duration poll_interval, const Clock* clock);

  absl::string_view name() const override { return "lsn"; }
  absl::Duration poll_interval() const override { return poll_interval_; }
  absl::Status BeforeSnapshot() override;
  absl::StatusOr<ChangeHint> Poll() override;

 private:
  bool HasRested(const Moment& now) const;

  const std::function<absl::StatusOr<uint64_t>()> read_lsn_;
  const absl::Duration poll_interval_;
  const Clock& clock_;
  std::optional<uint64_t> baseline_;  // read before the last snapshot
  Moment moved_;                      // when the baseline was first read
  // No snapshot was opened yet since the number has rested. It moves just
  // before a commit becomes visible, so that one more is due once it rests.
  bool unsettled_ = true;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_LSN_SIGNAL_H_
