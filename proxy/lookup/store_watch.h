// Keeps the store open and says in the log when it cannot be: one line when it
// breaks, one when it heals.
#ifndef POSTMIRROR_PROXY_LOOKUP_STORE_WATCH_H_
#define POSTMIRROR_PROXY_LOOKUP_STORE_WATCH_H_

#include <atomic>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "schema/runtime/logger.h"

namespace postmirror {

class StoreWatch {
 public:
  // `refresh` is StoreReader::Refresh; `logger` must outlive the watch.
  StoreWatch(std::function<absl::Status()> refresh, Logger* logger)
      : refresh_(std::move(refresh)), logger_(logger) {}

  // To be called at start and about once a second.
  void Tick();

  // Why the store is not open, or OK.
  const absl::Status& status() const { return status_; }

  // Whether the store was open at the last tick. Any thread may ask.
  bool open() const { return open_.load(); }

 private:
  const std::function<absl::Status()> refresh_;
  Logger* const logger_;
  bool first_ = true;
  absl::Status status_;
  std::atomic<bool> open_ = false;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_LOOKUP_STORE_WATCH_H_
