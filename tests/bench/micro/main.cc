// What the parts of a lookup cost by themselves, without a socket.
//
//   micro_benchmarks FOLDER SECONDS MOST_ENTRIES [--benchmark_...]
//
// FOLDER is where stores are made, SECONDS how long a repetition is to take.
// Started by tests/bench/run.
#include <benchmark/benchmark.h>

#include <cstdio>

#include "absl/strings/numbers.h"
#include "tests/bench/micro/filled_store.h"
#include "tests/bench/micro/suite.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  double seconds = 0;
  size_t most_entries = 0;
  if (argc != 4 || !absl::SimpleAtod(argv[2], &seconds) ||
      !absl::SimpleAtoi(argv[3], &most_entries)) {
    std::fprintf(stderr,
                 "usage: micro_benchmarks FOLDER SECONDS MOST_ENTRIES "
                 "[--benchmark_...]\n");
    return 64;
  }
  postmirror::Suite suite(seconds);
  postmirror::FilledStores stores(argv[1]);
  postmirror::AddCodecBenchmarks(&suite);
  postmirror::AddNormalizationBenchmarks(&suite);
  postmirror::AddAddressSearchBenchmarks(&suite);
  postmirror::AddReplyCacheBenchmarks(&suite);
  postmirror::AddStoreBenchmarks(most_entries, &stores, &suite);
  postmirror::AddConnectionBenchmarks(&stores, &suite);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
