// Keeps what is logged. May be used from any thread.
#ifndef POSTMIRROR_TESTS_PROXY_RECORDING_LOGGER_H_
#define POSTMIRROR_TESTS_PROXY_RECORDING_LOGGER_H_

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "schema/runtime/logger.h"

namespace postmirror {

class RecordingLogger final : public Logger {
 public:
  void Log(Severity, absl::string_view message) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    lines_.emplace_back(message);
  }

  // Returns the lines since the last call.
  std::vector<std::string> Take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_PROXY_RECORDING_LOGGER_H_
