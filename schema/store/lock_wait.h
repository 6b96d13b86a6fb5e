// Whether somebody waits for one of LMDB's locks. Every process that may write
// lock.mdb can hold them, and a wait for them cannot be interrupted: so another
// thread looks at this.
#ifndef POSTMIRROR_SCHEMA_STORE_LOCK_WAIT_H_
#define POSTMIRROR_SCHEMA_STORE_LOCK_WAIT_H_

#include <sys/types.h>

#include <chrono>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace postmirror {

// Any thread may call.
class LockWait {
 public:
  // For a lock; or until the environment is open, which takes locks, and reads
  // the disk.
  enum class For { kLock, kOpening };

  struct Start {
    For what = For::kLock;
    std::chrono::steady_clock::time_point when;
  };

  // As long as it lives its thread may be waiting. `wait` may be nullptr.
  class Scope {
   public:
    explicit Scope(LockWait* wait, For what = For::kLock);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    LockWait* const wait_;
    std::list<Start>::iterator place_;
  };

  struct Wait {
    For what = For::kLock;
    absl::Duration lasted;
  };

  // The one that lasts longest; nothing where nobody waits.
  std::optional<Wait> Longest() const;

 private:
  mutable std::mutex mutex_;
  std::list<Start> starts_;  // in the order of time
};

// The processes but this one that have the environment open whose lock file is
// `path`, by proc_locks(5). Where there are any without a reader's slot, those
// alone: a proxy has one. Opens nothing: see Environment. Not every process
// that holds a lock of LMDB's has to be among them.
std::vector<pid_t> LikelyLockHolders(const std::string& path);

// The same, of the text of /proc/locks, for the inode of the file.
std::vector<pid_t> LikelyLockHoldersIn(absl::string_view locks, ino_t inode,
                                       pid_t self);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_LOCK_WAIT_H_
