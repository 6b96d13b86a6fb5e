// Time, injected so that freshness, back-off and the guard's hour can be tested
// without waiting.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_CLOCK_H_
#define POSTMIRROR_SCHEMA_RUNTIME_CLOCK_H_

#include <string>

#include "absl/time/time.h"

namespace postmirror {

// One moment, as it can be compared across processes and reboots: two moments
// of one boot by `since_boot`, others by `wall` only.
struct Moment {
  std::string boot_id;        // /proc/sys/kernel/random/boot_id
  absl::Duration since_boot;  // CLOCK_BOOTTIME: goes on while suspended
  absl::Time wall;

  friend bool operator==(const Moment&, const Moment&) = default;
};

// Returns how long `later` is after `earlier`; never negative. By `since_boot`
// within one boot, by `wall` otherwise; infinite, which is to say unknown,
// where the wall clock was set back between two boots.
absl::Duration Elapsed(const Moment& earlier, const Moment& later);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Moment Now() const = 0;
};

// The kernel's clocks. May be used from any thread.
class SystemClock final : public Clock {
 public:
  SystemClock();
  Moment Now() const override;

 private:
  const std::string boot_id_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_CLOCK_H_
