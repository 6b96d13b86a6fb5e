#include "sync/read_pace.h"

#include <algorithm>

namespace postmirror {
namespace {

// A quarter of the time is for reading, and a twenty-fifth of it in the end: a
// change that comes after many of others waits for longer, but not for long.
constexpr int kRestsPerRead = 3;
constexpr int kMostRestsPerRead = 24;

}  // namespace

void ReadPace::Note(absl::Duration reading, bool found) {
  rests_ = found || rests_ == 0 ? kRestsPerRead
                                : std::min(2 * rests_, kMostRestsPerRead);
  pause_ = std::min(reading * rests_, kLongestPause);
}

}  // namespace postmirror
