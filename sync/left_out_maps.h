// Maps whose last read ended with its connection, since there was more of them
// than is taken. They are left out of the reads that follow, for each would end
// the connection, and the signal that goes with it; and tried again at times.
#ifndef POSTMIRROR_SYNC_LEFT_OUT_MAPS_H_
#define POSTMIRROR_SYNC_LEFT_OUT_MAPS_H_

#include <algorithm>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "schema/runtime/clock.h"
#include "sync/group_reader.h"

namespace postmirror {

class LeftOutMaps {
 public:
  // The longest time until a map is tried again.
  static constexpr absl::Duration kLongest = absl::Minutes(1);

  // Each is tried again as often as everything is read in any case.
  explicit LeftOutMaps(absl::Duration reconcile_interval)
      : interval_(std::min(reconcile_interval, kLongest)) {}

  // A read ended with kOutOfRange: takes the faults of that kind.
  void Note(absl::Span<const GroupReader> readers, const Moment& now);

  // Gives those that are not due yet their fault again, after PrepareReaders;
  // each once at least, or the others would not be read where that takes long.
  void LeaveOut(absl::Span<GroupReader> readers, const Moment& now);

  // Whether the map is left out still.
  bool Has(const std::string& map, const Moment& now) const;

 private:
  struct LeftOut {
    absl::Status fault;
    Moment since;
    bool was_left_out = false;
  };

  const absl::Duration interval_;
  std::map<std::string, LeftOut> maps_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_LEFT_OUT_MAPS_H_
