// Writers that change single rows of virtual_aliases at a steady rate, none of
// them measured, over a few connections of their own.
#ifndef POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_BACKGROUND_LOAD_H_
#define POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_BACKGROUND_LOAD_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/commit_to_visible/await_change.h"
#include "tests/bench/commit_to_visible/primary.h"

namespace postmirror {

class BackgroundLoad {
 public:
  // Starts the writers; `changes_per_second` may be 0, which is no load.
  static absl::StatusOr<std::unique_ptr<BackgroundLoad>> Start(
      const std::string& primary_socket, int changes_per_second);

  ~BackgroundLoad();
  BackgroundLoad(const BackgroundLoad&) = delete;
  BackgroundLoad& operator=(const BackgroundLoad&) = delete;

  // Ends the writers. Returns how many changes a second they made, or what
  // stopped one of them.
  absl::StatusOr<double> Stop();

 private:
  struct Writer {
    explicit Writer(Primary its_primary) : primary(std::move(its_primary)) {}

    Primary primary;
    int64_t changes = 0;
    absl::Status status;
    std::thread thread;
  };

  BackgroundLoad() = default;
  absl::Status OpenWriters(const std::string& primary_socket);
  void Write(std::chrono::nanoseconds offset, Writer* writer) const;
  void Join();

  int64_t aliases_ = 0;
  std::chrono::nanoseconds interval_{};  // between two changes of one writer
  MonotonicTime started_;
  std::atomic<bool> stop_ = false;
  std::vector<std::unique_ptr<Writer>> writers_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_BACKGROUND_LOAD_H_
