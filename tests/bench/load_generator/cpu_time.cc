#include "tests/bench/load_generator/cpu_time.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace postmirror {

absl::StatusOr<std::chrono::nanoseconds> CpuTimeOf(pid_t process) {
  std::chrono::nanoseconds used{};
  if (process == 0) return used;
  const std::string folder = absl::StrCat("/proc/", process, "/task");
  std::error_code error;
  for (std::filesystem::directory_iterator task(folder, error), end;
       !error && task != end; task.increment(error)) {
    int64_t nanoseconds = 0;
    if (std::ifstream(task->path() / "schedstat") >> nanoseconds) {
      used += std::chrono::nanoseconds(nanoseconds);
    }
  }
  if (error) return absl::NotFoundError(absl::StrCat(folder, " is not there"));
  return used;
}

}  // namespace postmirror
