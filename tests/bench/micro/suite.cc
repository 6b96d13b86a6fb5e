#include "tests/bench/micro/suite.h"

namespace postmirror {

void Suite::Add(const std::string& name,
                const std::function<void(benchmark::State&)>& run) {
  // clang's analyzer takes it for a leak that the library keeps its benchmarks.
#ifndef __clang_analyzer__
  benchmark::RegisterBenchmark(name.c_str(), run)->MinTime(seconds_);
#endif
}

}  // namespace postmirror
