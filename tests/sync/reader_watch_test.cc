#include "sync/reader_watch.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/sync/fake_clock.h"
#include "tests/sync/recording_logger.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr ReaderSlot kReader = {.pid = 17, .thread = 0xabc, .commit = 5};

class ReaderWatchTest : public ::testing::Test {
 protected:
  void LookAfter(absl::Duration time, const std::vector<ReaderSlot>& late) {
    clock_.Advance(time);
    watch_.Look(late, clock_.Now());
  }

  FakeClock clock_;
  RecordingLogger logger_;
  std::vector<std::string> posted_;
  ReaderWatch watch_{
      "/store/v1",
      [this](const std::string& fault) { posted_.push_back(fault); }, &logger_};
};

TEST_F(ReaderWatchTest, NamesAReaderThatStaysAtACommit) {
  LookAfter(absl::ZeroDuration(), {kReader});
  EXPECT_THAT(posted_, IsEmpty());
  LookAfter(absl::Minutes(1), {kReader});
  ASSERT_THAT(posted_,
              ElementsAre(AllOf(StartsWith("store /store/v1: process 17 ("),
                                HasSubstr(" reads commit 5 "),
                                HasSubstr("the store grows: restart it"))));
  EXPECT_THAT(logger_.Take(), ElementsAre("warning: " + posted_.front()));
  // The same is said once.
  LookAfter(absl::Minutes(1), {kReader});
  EXPECT_THAT(logger_.Take(), IsEmpty());
}

TEST_F(ReaderWatchTest, SaysThatItIsOver) {
  LookAfter(absl::ZeroDuration(), {kReader});
  LookAfter(absl::Minutes(1), {kReader});
  logger_.Take();
  LookAfter(absl::Minutes(1), {});
  EXPECT_EQ(posted_.back(), "");
  EXPECT_THAT(logger_.Take(), ElementsAre(StartsWith("notice: ")));
}

TEST_F(ReaderWatchTest, AReaderThatGoesOnIsFine) {
  ReaderSlot reader = kReader;
  for (int minute = 0; minute < 5; ++minute) {
    LookAfter(absl::Minutes(1), {reader});
    ++*reader.commit;
  }
  EXPECT_THAT(posted_, IsEmpty());
}

}  // namespace
}  // namespace postmirror
