// Keeps what is logged, as "error: message". May be used from any thread.
#ifndef POSTMIRROR_TESTS_SYNC_RECORDING_LOGGER_H_
#define POSTMIRROR_TESTS_SYNC_RECORDING_LOGGER_H_

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/logger.h"

namespace postmirror {

class RecordingLogger final : public Logger {
 public:
  void Log(Severity severity, absl::string_view message) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    lines_.push_back(absl::StrCat(Name(severity), ": ", message));
  }

  std::vector<std::string> lines() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_;
  }

  // The lines since the last call.
  std::vector<std::string> Take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(lines_, {});
  }

  // How many lines have `part` in them.
  size_t Count(absl::string_view part) const {
    const std::vector<std::string> all = lines();
    return static_cast<size_t>(
        std::count_if(all.begin(), all.end(), [&](const std::string& line) {
          return absl::StrContains(line, part);
        }));
  }

 private:
  static const char* Name(Severity severity) {
    switch (severity) {
      case Severity::kError:
        return "error";
      case Severity::kWarning:
        return "warning";
      case Severity::kNotice:
        return "notice";
      case Severity::kInfo:
        return "info";
    }
    return "?";
  }

  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_RECORDING_LOGGER_H_
