// What a map has lost within an hour, and when that is too much.
#ifndef POSTMIRROR_SYNC_LOSSES_H_
#define POSTMIRROR_SYNC_LOSSES_H_

#include <cstdint>
#include <string>

#include "sync/guard_record.h"
#include "sync/judged_change.h"

namespace postmirror {

// Keys that are gone, or values that are others, once a change set is applied,
// but for keys that are held each by itself.
struct Losses {
  uint64_t total = 0;
  uint64_t free = 0;       // keys of the change set among them
  uint64_t newcomers = 0;  // of these, such as came during the hold

  bool Exceed(double limit) const {
    return free > 0 && static_cast<double>(total) > limit;
  }
  // Of what was there when the hold began.
  uint64_t OfMeasure() const { return total - newcomers; }
};

Losses CountRemovals(const JudgedChange& change, const GuardRecord& record);
Losses CountValues(const JudgedChange& change, const GuardRecord& record);

// More than that is held, of a map whose largest count is `measure`.
double HoldLimit(uint64_t measure, double max_shrink);

// A map that is held is released once it is no more than that.
uint64_t ReleaseLimit(uint64_t measure);

// Why the map is held (HeldChanges.reason).
std::string HoldReason(const JudgedChange& change, const GuardRecord& record,
                       bool waits_whole);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_LOSSES_H_
