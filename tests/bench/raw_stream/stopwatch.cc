#include "tests/bench/raw_stream/stopwatch.h"

#include <cinttypes>
#include <cstdio>

namespace postmirror {
namespace {

double SecondsSince(clockid_t clock, const timespec& begin) {
  timespec now = {};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec - begin.tv_sec) +
         static_cast<double>(now.tv_nsec - begin.tv_nsec) / 1e9;
}

}  // namespace

Stopwatch::Stopwatch() {
  clock_gettime(CLOCK_MONOTONIC, &wall_);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_);
}

void Stopwatch::Print(uint64_t rows) const {
  const double wall = SecondsSince(CLOCK_MONOTONIC, wall_);
  const double cpu = SecondsSince(CLOCK_PROCESS_CPUTIME_ID, cpu_);
  std::printf("%" PRIu64 " %.6f %.6f\n", rows, wall, cpu);
}

}  // namespace postmirror
