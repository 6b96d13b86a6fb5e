#include "proxy/lookup/store_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/proxy/recording_logger.h"

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class StoreWatchTest : public testing::Test {
 protected:
  std::vector<std::string> Tick(const absl::Status& status) {
    status_ = status;
    watch_.Tick();
    return logger_.Take();
  }

  absl::Status status_;
  RecordingLogger logger_;
  StoreWatch watch_{[this] { return status_; }, &logger_};
};

const char kAnswered[] = "the store is open";
const char kBroken[] = "lookups are answered as temporary errors: gone";

TEST_F(StoreWatchTest, SaysAtStartHowLookupsAreAnswered) {
  EXPECT_THAT(Tick(absl::OkStatus()), ElementsAre(kAnswered));
  EXPECT_THAT(Tick(absl::OkStatus()), IsEmpty());
}

TEST_F(StoreWatchTest, LogsOneLineWhenItBreaksAndOneWhenItHeals) {
  EXPECT_THAT(Tick(absl::NotFoundError("gone")), ElementsAre(kBroken));
  EXPECT_THAT(Tick(absl::NotFoundError("gone")), IsEmpty());
  EXPECT_THAT(Tick(absl::NotFoundError("gone")), IsEmpty());
  EXPECT_THAT(Tick(absl::OkStatus()), ElementsAre(kAnswered));
  EXPECT_THAT(Tick(absl::OkStatus()), IsEmpty());
  EXPECT_THAT(Tick(absl::NotFoundError("gone")), ElementsAre(kBroken));
}

TEST_F(StoreWatchTest, LogsAnotherReason) {
  Tick(absl::NotFoundError("gone"));
  EXPECT_THAT(Tick(absl::PermissionDeniedError("closed")),
              ElementsAre("lookups are answered as temporary errors: closed"));
}

TEST_F(StoreWatchTest, SaysWhetherTheStoreIsOpen) {
  EXPECT_FALSE(watch_.open());
  Tick(absl::OkStatus());
  EXPECT_TRUE(watch_.open());
  Tick(absl::NotFoundError("gone"));
  EXPECT_FALSE(watch_.open());
}

}  // namespace
}  // namespace postmirror
