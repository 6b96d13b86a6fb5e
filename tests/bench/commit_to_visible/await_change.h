// Waiting for a change by polling back to back, on CLOCK_MONOTONIC.
#ifndef POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_AWAIT_CHANGE_H_
#define POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_AWAIT_CHANGE_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/commit_to_visible/poller.h"
#include "tests/bench/commit_to_visible/primary.h"

namespace postmirror {

// libstdc++'s steady_clock is CLOCK_MONOTONIC in nanoseconds.
using MonotonicTime = std::chrono::steady_clock::time_point;

inline MonotonicTime MonotonicNow() { return std::chrono::steady_clock::now(); }

// A change that nobody sees within this is not late but lost.
constexpr std::chrono::seconds kLostAfter(180);

// Polls without a pause until the alias has this change, or a later one, and
// returns when the reply that says so was there. Fails with kDeadlineExceeded
// when the change is lost.
absl::StatusOr<MonotonicTime> AwaitChange(const Alias& alias,
                                          int64_t change_number,
                                          Poller* poller);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_AWAIT_CHANGE_H_
