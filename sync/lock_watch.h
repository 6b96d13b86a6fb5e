// Says, in a thread of its own, that the store waits for one of LMDB's locks,
// and who may hold it, or that it takes long to open: the thread that waits
// cannot.
#ifndef POSTMIRROR_SYNC_LOCK_WATCH_H_
#define POSTMIRROR_SYNC_LOCK_WATCH_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "schema/runtime/logger.h"
#include "schema/store/lock_wait.h"

namespace postmirror {

class LockWatch {
 public:
  // A commit of our own takes no lock from another thread of ours: who waits
  // for so long waits for another process.
  static constexpr absl::Duration kPatience = absl::Seconds(3);

  // `store` is the environment's folder. `post` is called by the thread: with
  // what is wrong, and with "" when that is over. All must outlive the watch.
  LockWatch(std::string store, const LockWait* wait,
            std::function<void(const std::string&)> post, Logger* logger,
            absl::Duration patience = kPatience);
  ~LockWatch();
  LockWatch(const LockWatch&) = delete;
  LockWatch& operator=(const LockWatch&) = delete;

 private:
  void Run();
  void Look();
  std::string Fault(LockWait::For what) const;

  const std::string store_;
  const LockWait& wait_;
  const std::function<void(const std::string&)> post_;
  Logger& logger_;
  const absl::Duration patience_;
  std::optional<LockWait::For> waits_;  // as it was said
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stopped_ = false;  // guarded by mutex_
  std::thread thread_;    // the last member: it uses the others
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_LOCK_WATCH_H_
