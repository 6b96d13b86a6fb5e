// Whether a target keeps up with large transactions that come without a pause.
#ifndef POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_BATCH_CHANGES_H_
#define POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_BATCH_CHANGES_H_

#include <chrono>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/commit_to_visible/target.h"

namespace postmirror {

constexpr int kRowsPerBatch = 1000;

struct BatchChange {
  std::chrono::nanoseconds committed{};  // since the first batch was due
  std::chrono::nanoseconds lag{};  // from there until its last row is visible
};

struct BatchChanges {
  std::vector<BatchChange> batches;
  double rows_per_second = 0;  // as it was reached on the primary
};

// Changes kRowsPerBatch rows in each transaction, at this rate for so long, and
// polls the target for the last row of each batch. Fails when one is never
// seen.
absl::StatusOr<BatchChanges> MeasureBatchChanges(const Target& target,
                                                 int rows_per_second,
                                                 int seconds);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_BATCH_CHANGES_H_
