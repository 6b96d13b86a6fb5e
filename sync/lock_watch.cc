#include "sync/lock_watch.h"

#include <sys/types.h>

#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postmirror {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(250);

// "123 (python3)"; the number alone of a process that is hidden from us.
std::string Describe(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/comm"));
  std::string name;
  if (!std::getline(file, name)) return absl::StrCat(pid);
  return absl::StrCat(pid, " (", name, ")");
}

}  // namespace

LockWatch::LockWatch(std::string store, const LockWait* wait,
                     std::function<void(const std::string&)> post,
                     Logger* logger, absl::Duration patience)
    : store_(std::move(store)),
      wait_(*wait),
      post_(std::move(post)),
      logger_(*logger),
      patience_(patience),
      thread_([this] { Run(); }) {}

LockWatch::~LockWatch() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
  }
  stopping_.notify_all();
  thread_.join();
}

void LockWatch::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_.wait_for(lock, absl::ToChronoMilliseconds(kInterval),
                             [this] { return stopped_; })) {
    lock.unlock();
    Look();
    lock.lock();
  }
}

void LockWatch::Look() {
  const std::optional<LockWait::Wait> longest = wait_.Longest();
  std::optional<LockWait::For> waits;
  if (longest.has_value() && longest->lasted > patience_) waits = longest->what;
  const std::optional<LockWait::For> before = std::exchange(waits_, waits);
  if (waits == before) return;
  const std::string fault = waits.has_value() ? Fault(*waits) : "";
  if (waits.has_value()) {
    logger_.Error(fault);
  } else {
    logger_.Notice(absl::StrCat(
        "store ", store_,
        before == LockWait::For::kOpening ? ": is open" : ": the lock is free",
        ", changes are written again"));
  }
  post_(fault);
}

std::string LockWatch::Fault(LockWait::For what) const {
  // It is the disk, more often than not: nobody is accused.
  if (what == LockWait::For::kOpening) {
    return absl::StrCat(
        "store ", store_,
        ": opening it takes long, no change is written: either the disk is "
        "slow, or a process that should not have lock.mdb open has locked it "
        "(fuser), end that one");
  }
  std::vector<std::string> holders;
  for (const pid_t pid : LikelyLockHolders(store_ + "/lock.mdb")) {
    holders.push_back(Describe(pid));
  }
  return absl::StrCat(
      "store ", store_,
      ": another process holds LMDB's lock, no change is written: ",
      holders.empty() ? "end the one that has lock.mdb open (fuser)"
                      : absl::StrCat("end the one that should not have the "
                                     "store open, most likely process ",
                                     absl::StrJoin(holders, " or ")));
}

}  // namespace postmirror
