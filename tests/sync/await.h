// Waits in a test for what another thread or process is about to do.
#ifndef POSTMIRROR_TESTS_SYNC_AWAIT_H_
#define POSTMIRROR_TESTS_SYNC_AWAIT_H_

#include <poll.h>

#include "absl/functional/function_ref.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace postmirror {

// Returns whether `holds` came true. The deadline is far off: it is met only
// where the code under test is wrong.
inline bool Await(absl::FunctionRef<bool()> holds) {
  const absl::Time deadline = absl::Now() + absl::Seconds(40);
  while (!holds()) {
    if (absl::Now() > deadline) return false;
    poll(nullptr, 0, 2);
  }
  return true;
}

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_AWAIT_H_
