#include "sync/lock_watch.h"

#include <gmock/gmock.h>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/sync/await.h"
#include "tests/sync/recording_logger.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
                   &logger_, absl::Milliseconds(1)};
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

}  // namespace
}  // namespace postmirror
