// What something took of the clock and of this process's processor time.
#ifndef POSTMIRROR_TESTS_BENCH_RAW_STREAM_STOPWATCH_H_
#define POSTMIRROR_TESTS_BENCH_RAW_STREAM_STOPWATCH_H_

#include <time.h>

#include <cstdint>

namespace postmirror {

// Runs from its construction on.
class Stopwatch {
 public:
  Stopwatch();

  // Prints "ROWS SECONDS CPU_SECONDS".
  void Print(uint64_t rows) const;

 private:
  timespec wall_ = {};
  timespec cpu_ = {};
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_RAW_STREAM_STOPWATCH_H_
