// How long a single change takes from its commit until it is visible.
#ifndef POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_SINGLE_CHANGES_H_
#define POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_SINGLE_CHANGES_H_

#include <chrono>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/commit_to_visible/target.h"

namespace postmirror {

struct SingleChange {
  std::chrono::nanoseconds commit{};   // from sending the UPDATE until its OK
  std::chrono::nanoseconds visible{};  // from that OK until the reply with it
};

struct SingleChanges {
  std::vector<SingleChange> changes;
  double load_per_second = 0;  // as it was reached
};

// Makes so many changes on the target's primary, one after the other, each of
// another alias and after a pause, and polls the target for each, while
// `load_per_second` other changes are made. Fails when one is never seen.
absl::StatusOr<SingleChanges> MeasureSingleChanges(const Target& target,
                                                   int changes,
                                                   int load_per_second);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_SINGLE_CHANGES_H_
