// A clock that a test sets. May be used from any thread.
#ifndef POSTMIRROR_TESTS_SYNC_FAKE_CLOCK_H_
#define POSTMIRROR_TESTS_SYNC_FAKE_CLOCK_H_

#include <mutex>

#include "schema/runtime/clock.h"

namespace postmirror {

class FakeClock final : public Clock {
 public:
  Moment Now() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++asked_;
    return now_;
  }

  // How often it was asked for the time.
  size_t asked() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return asked_;
  }

  void Advance(absl::Duration duration) {
    const std::lock_guard<std::mutex> lock(mutex_);
    now_.since_boot += duration;
    now_.wall += duration;
  }

  // The machine starts again, and its wall clock is `wall` off.
  void Reboot(absl::Duration wall) {
    const std::lock_guard<std::mutex> lock(mutex_);
    now_.boot_id += " again";
    now_.since_boot = absl::ZeroDuration();
    now_.wall += wall;
  }

 private:
  mutable std::mutex mutex_;
  mutable size_t asked_ = 0;
  Moment now_ = {.boot_id = "boot",
                 .since_boot = absl::Hours(5),
                 .wall = absl::FromUnixSeconds(1700000000)};
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_FAKE_CLOCK_H_
