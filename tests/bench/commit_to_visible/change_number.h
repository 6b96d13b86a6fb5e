// What a change writes: a destination that carries a number, so that whoever
// polls knows which change, or a later one, it sees.
#ifndef POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_CHANGE_NUMBER_H_
#define POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_CHANGE_NUMBER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

// A number above all that were given out before, by this program or by one that
// ran earlier on the same tables. Safe to call from any thread.
int64_t NewChangeNumber();

// The destination that carries the number, and the number that a destination
// carries: 0 where it is none of ours.
std::string DestinationOf(int64_t change_number);
int64_t ChangeNumberOf(absl::string_view destination);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_CHANGE_NUMBER_H_
