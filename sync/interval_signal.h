// No change signal at all: the unconditional read at every reconcile_interval
// is what finds changes.
#ifndef POSTMIRROR_SYNC_INTERVAL_SIGNAL_H_
#define POSTMIRROR_SYNC_INTERVAL_SIGNAL_H_

#include <functional>
#include <utility>

#include "sync/change_signal.h"

namespace postmirror {

class IntervalSignal final : public ChangeSignal {
 public:
  // `check_server` asks the server for a sign of life; must outlive the signal.
  explicit IntervalSignal(std::function<absl::Status()> check_server)
      : check_server_(std::move(check_server)) {}

  absl::string_view name() const override { return "interval"; }
  absl::Duration poll_interval() const override { return absl::Seconds(1); }
  absl::StatusOr<ChangeHint> Poll() override {
    if (absl::Status alive = check_server_(); !alive.ok()) return alive;
    return ChangeHint::kUnknown;
  }

 private:
  const std::function<absl::Status()> check_server_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_INTERVAL_SIGNAL_H_
