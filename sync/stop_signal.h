// Tells the loops of sync to end, and is what they wait on.
#ifndef POSTMIRROR_SYNC_STOP_SIGNAL_H_
#define POSTMIRROR_SYNC_STOP_SIGNAL_H_

#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

namespace postmirror {

// Any thread may call.
class StopSignal {
 public:
  void Stop() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
  }

  bool stopped() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return stopped_;
  }

  // Waits so long, or until Stop. True once stopped.
  bool WaitFor(absl::Duration time) const {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoMicroseconds(time),
                             [this] { return stopped_; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool stopped_ = false;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_STOP_SIGNAL_H_
