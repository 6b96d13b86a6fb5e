#include "tests/bench/commit_to_visible/await_change.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/commit_to_visible/change_number.h"

namespace postmirror {

absl::StatusOr<MonotonicTime> AwaitChange(const Alias& alias,
                                          int64_t change_number,
                                          Poller* poller) {
  const MonotonicTime deadline = MonotonicNow() + kLostAfter;
  while (true) {
    const absl::StatusOr<std::string> destination = poller->Poll(alias.source);
    const MonotonicTime now = MonotonicNow();
    if (!destination.ok()) return destination.status();
    if (ChangeNumberOf(*destination) >= change_number) return now;
    if (now > deadline) {
      return absl::DeadlineExceededError(
          absl::StrCat("change ", change_number, " of ", alias.source,
                       " is not visible after ", kLostAfter.count(),
                       " s: its destination is still ", *destination));
    }
  }
}

}  // namespace postmirror
