// Asks one server for the destination of an alias, over one connection that
// stays. Used by one thread.
#ifndef POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_POLLER_H_
#define POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_POLLER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postmirror {

class Poller {
 public:
  virtual ~Poller() = default;

  // Returns the destination as the server has it now. Every alias that is asked
  // for exists at all times, so that "not found" is an error, as is a temporary
  // answer.
  virtual absl::StatusOr<std::string> Poll(absl::string_view source) = 0;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_POLLER_H_
