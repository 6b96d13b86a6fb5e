// The benchmarks of this program, by room. A room's function adds its own; what
// goes wrong in one ends it with State::SkipWithError, which is a failure.
#ifndef POSTMIRROR_TESTS_BENCH_MICRO_SUITE_H_
#define POSTMIRROR_TESTS_BENCH_MICRO_SUITE_H_

#include <benchmark/benchmark.h>

#include <cstddef>
#include <functional>
#include <string>

namespace postmirror {

class FilledStores;

class Suite {
 public:
  // How long a repetition of a benchmark is to take. The library's own option
  // is spelled differently from release to release.
  explicit Suite(double seconds) : seconds_(seconds) {}

  // `name` is "ROOM: WHAT", without a slash.
  void Add(const std::string& name,
           const std::function<void(benchmark::State&)>& run);

 private:
  const double seconds_;
};

void AddCodecBenchmarks(Suite* suite);
void AddNormalizationBenchmarks(Suite* suite);
void AddAddressSearchBenchmarks(Suite* suite);
void AddReplyCacheBenchmarks(Suite* suite);

// On stores of 10k entries and, up to `most_entries`, of 1M and 10M. `stores`
// must outlive the benchmarks.
void AddStoreBenchmarks(size_t most_entries, FilledStores* stores,
                        Suite* suite);
void AddConnectionBenchmarks(FilledStores* stores, Suite* suite);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_MICRO_SUITE_H_
