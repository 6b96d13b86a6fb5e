// Ends a wait before its time: what the loop of one server waits on.
#ifndef POSTMIRROR_SYNC_DOORBELL_H_
#define POSTMIRROR_SYNC_DOORBELL_H_

#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/time/time.h"

namespace postmirror {

// Any thread may ring; one waits.
class Doorbell {
 public:
  void Ring() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      rung_ = true;
    }
    changed_.notify_one();
  }

  // Waits so long, or until it rings. True if it has rung since the last wait.
  bool WaitFor(absl::Duration time) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoMicroseconds(time),
                      [this] { return rung_; });
    return std::exchange(rung_, false);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_DOORBELL_H_
