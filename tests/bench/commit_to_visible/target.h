// What is measured: a poller, and the primary whose changes it is to see.
#ifndef POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_TARGET_H_
#define POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_TARGET_H_

#include <memory>
#include <string>

#include "tests/bench/commit_to_visible/poller.h"

namespace postmirror {

struct Target {
  std::string name;
  std::string primary_socket;
  std::unique_ptr<Poller> poller;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_TARGET_H_
