// How long to rest between two reads of everything, where something keeps
// moving that is mostly not ours: other databases on the same server.
#ifndef POSTMIRROR_SYNC_READ_PACE_H_
#define POSTMIRROR_SYNC_READ_PACE_H_

#include "absl/time/time.h"

namespace postmirror {

class ReadPace {
 public:
  // However long reading takes, a change is not looked for later.
  static constexpr absl::Duration kLongestPause = absl::Seconds(2);

  // Everything was read, and reading the rows alone took so long. `found`: it
  // was not all as before.
  void Note(absl::Duration reading, bool found);

  // The next pause is this one, whatever was found.
  void RestOnce(absl::Duration pause) { pause_ = pause; }

  // To be kept since the end of the last read. Reading takes a quarter of the
  // time at most, and less and less while nothing is found, unless
  // kLongestPause is shorter.
  absl::Duration pause() const { return pause_; }

 private:
  int rests_ = 0;  // to one part of reading
  absl::Duration pause_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_READ_PACE_H_
