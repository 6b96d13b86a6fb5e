// What a process costs.
#ifndef POSTMIRROR_TESTS_BENCH_LOAD_GENERATOR_CPU_TIME_H_
#define POSTMIRROR_TESTS_BENCH_LOAD_GENERATOR_CPU_TIME_H_

#include <sys/types.h>

#include <chrono>

#include "absl/status/statusor.h"

namespace postmirror {

// What all threads of a process have used that live; 0 for process 0. Of
// /proc/PID/task/TID/schedstat, since getrusage(2) is for one's own children.
absl::StatusOr<std::chrono::nanoseconds> CpuTimeOf(pid_t process);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_LOAD_GENERATOR_CPU_TIME_H_
