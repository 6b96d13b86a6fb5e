#include "schema/runtime/clock.h"

#include <time.h>

#include <algorithm>
#include <fstream>

#include "absl/time/clock.h"

namespace postmirror {
namespace {

std::string ReadBootId() {
  std::string boot_id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot_id);
  return boot_id;
}

}  // namespace

absl::Duration Elapsed(const Moment& earlier, const Moment& later) {
  if (earlier.boot_id == later.boot_id) {
    return std::max(later.since_boot - earlier.since_boot,
                    absl::ZeroDuration());
  }
  return later.wall < earlier.wall ? absl::InfiniteDuration()
                                   : later.wall - earlier.wall;
}

SystemClock::SystemClock() : boot_id_(ReadBootId()) {}

Moment SystemClock::Now() const {
  timespec since_boot;
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return {.boot_id = boot_id_,
          .since_boot = absl::DurationFromTimespec(since_boot),
          .wall = absl::Now()};
}

}  // namespace postmirror
