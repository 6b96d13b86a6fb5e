#include "schema/store/lock_wait.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "schema/runtime/proc_file.h"

namespace postmirror {
namespace {

// A line of /proc/locks that says who has locked which byte first.
struct Lock {
  pid_t pid = 0;
  uint64_t inode = 0;
  int64_t start = 0;
  bool shared = false;
};

// `1: POSIX  ADVISORY  READ 1234 fe:01:5678 0 0`, the end or `EOF` last; false
// for one that waits (`1: -> POSIX ...`), or of another kind.
bool ParseLock(absl::string_view line, Lock* lock) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, ' ', absl::SkipEmpty());
  if (words.size() != 8 || words[1] != "POSIX") return false;
  const std::vector<absl::string_view> file = absl::StrSplit(words[5], ':');
  lock->shared = words[3] == "READ";
  return file.size() == 3 && absl::SimpleAtoi(words[4], &lock->pid) &&
         absl::SimpleAtoi(file[2], &lock->inode) &&
         absl::SimpleAtoi(words[6], &lock->start);
}

}  // namespace

LockWait::Scope::Scope(LockWait* wait, For what) : wait_(wait) {
  if (wait_ == nullptr) return;
  const std::lock_guard<std::mutex> lock(wait_->mutex_);
  place_ = wait_->starts_.insert(
      wait_->starts_.end(),
      {.what = what, .when = std::chrono::steady_clock::now()});
}

LockWait::Scope::~Scope() {
  if (wait_ == nullptr) return;
  const std::lock_guard<std::mutex> lock(wait_->mutex_);
  wait_->starts_.erase(place_);
}

std::optional<LockWait::Wait> LockWait::Longest() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (starts_.empty()) return std::nullopt;
  const Start& first = starts_.front();
  return Wait{.what = first.what,
              .lasted = absl::FromChrono(std::chrono::steady_clock::now() -
                                         first.when)};
}

std::vector<pid_t> LikelyLockHoldersIn(absl::string_view locks, ino_t inode,
                                       pid_t self) {
  std::set<pid_t> holders;
  std::set<pid_t> readers;
  for (const absl::string_view line : absl::StrSplit(locks, '\n')) {
    Lock lock;
    if (!ParseLock(line, &lock) || lock.inode != inode || lock.pid <= 0 ||
        lock.pid == self) {
      continue;
    }
    holders.insert(lock.pid);
    // LMDB marks a reader by a lock on the byte of its process's number.
    if (!lock.shared && lock.start == lock.pid) readers.insert(lock.pid);
  }
  if (holders.size() > readers.size()) {
    for (const pid_t reader : readers) holders.erase(reader);
  }
  return {holders.begin(), holders.end()};
}

std::vector<pid_t> LikelyLockHolders(const std::string& path) {
  struct stat facts = {};
  if (stat(path.c_str(), &facts) != 0) return {};
  return LikelyLockHoldersIn(ReadProcFile("/proc/locks"), facts.st_ino,
                             getpid());
}

}  // namespace postmirror
