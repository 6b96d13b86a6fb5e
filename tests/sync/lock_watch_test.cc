#include "sync/lock_watch.h"

#include <gmock/gmock.h>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "tests/sync/await.h"
#include "tests/sync/recording_logger.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Milliseconds(1);

class LockWatchTest : public ::testing::Test {
 protected:
  std::vector<std::string> posted() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return posted_;
  }

  std::mutex mutex_;
  std::vector<std::string> posted_;
  LockWait wait_;
  RecordingLogger logger_;
  LockWatch watch_{"/store/v1", &wait_,
                   [this](const std::string& fault) {
                     const std::lock_guard<std::mutex> lock(mutex_);
                     posted_.push_back(fault);
                   },
                   &logger_, kPatience};
};

TEST_F(LockWatchTest, SaysOnceThatItLastsAndOnceThatItIsOver) {
  std::optional<LockWait::Scope> waiting;
  waiting.emplace(&wait_);
  ASSERT_TRUE(Await([&] { return !posted().empty(); }));
  waiting.reset();
  ASSERT_TRUE(Await([&] { return posted().size() > 1; }));
  EXPECT_THAT(
      posted(),
      ElementsAre(HasSubstr("store /store/v1: another process holds LMDB's "
                            "lock, no change is written: "),
                  ""));
  EXPECT_THAT(logger_.lines(),
              ElementsAre(HasSubstr("error: store /store/v1: another process"),
                          HasSubstr("notice: store /store/v1: the lock is "
                                    "free")));
}

// It reads the disk, too.
TEST_F(LockWatchTest, OfAnOpenThatLastsNobodyIsAccused) {
  std::optional<LockWait::Scope> opening;
  opening.emplace(&wait_, LockWait::For::kOpening);
  ASSERT_TRUE(Await([&] { return !posted().empty(); }));
  // It takes a lock right after it.
  std::optional<LockWait::Scope> waiting;
  waiting.emplace(&wait_);
  const absl::Time begun = absl::Now();
  ASSERT_TRUE(Await([&] { return absl::Now() - begun > kPatience; }));
  opening.reset();
  ASSERT_TRUE(Await([&] { return posted().size() > 1; }));
  waiting.reset();
  ASSERT_TRUE(Await([&] { return posted().size() > 2; }));
  EXPECT_THAT(posted(),
              ElementsAre(HasSubstr("opening it takes long, no change is "
                                    "written: either the disk is slow, or "),
                          HasSubstr("another process holds LMDB's lock"), ""));
}

}  // namespace
}  // namespace postmirror
