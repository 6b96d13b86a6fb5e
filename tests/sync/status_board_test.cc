#include "sync/status_board.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/sync/fake_clock.h"
#include "tests/sync/recording_logger.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StatusBoardTest : public ::testing::Test {
 protected:
  // The status of a server that confirmed its map just now.
  ServerStatus Confirmed() const {
    MapStatus map;
    map.name = "/a.cf";
    map.confirmed = clock_.Now();
    ServerStatus server;
    server.hosts = "db";
    server.maps = {map};
    return server;
  }

  std::optional<Moment> WrittenConfirmation() const {
    const absl::StatusOr<SyncStatus> status = ReadSyncStatus(folder_.path());
    if (!status.ok()) return std::nullopt;
    return status->servers[0].maps[0].confirmed;
  }

  std::string WrittenError() const {
    return ReadSyncStatus(folder_.path())->servers[0].error;
  }

  TemporaryFolder folder_;
  FakeClock clock_;
  RecordingLogger logger_;
  StatusBoard board_{folder_.path(), 1, &clock_, &logger_};
};

TEST_F(StatusBoardTest, WritesFreshnessAtMostOnceASecond) {
  const Moment first = clock_.Now();
  board_.Post(0, Confirmed());
  EXPECT_EQ(WrittenConfirmation(), first);
  clock_.Advance(absl::Milliseconds(999));
  board_.Post(0, Confirmed());
  EXPECT_EQ(WrittenConfirmation(), first);
  clock_.Advance(absl::Milliseconds(1));
  board_.Post(0, Confirmed());
  EXPECT_EQ(WrittenConfirmation(), clock_.Now());
}

TEST_F(StatusBoardTest, WritesAtOnceWhatIsMoreThanFreshness) {
  board_.Post(0, Confirmed());
  ServerStatus broken = Confirmed();
  broken.error = "down";
  board_.Post(0, broken);
  EXPECT_EQ(WrittenError(), "down");
}

TEST_F(StatusBoardTest, AFirstConfirmationIsMoreThanFreshness) {
  ServerStatus never = Confirmed();
  never.maps[0].confirmed.reset();
  board_.Post(0, never);
  EXPECT_EQ(WrittenConfirmation(), std::nullopt);
  board_.Post(0, Confirmed());
  EXPECT_EQ(WrittenConfirmation(), clock_.Now());
}

TEST_F(StatusBoardTest, WhatWasHeldBackIsWrittenLaterThoughNothingChanged) {
  board_.Post(0, Confirmed());
  clock_.Advance(absl::Milliseconds(500));
  const ServerStatus status = Confirmed();
  board_.Post(0, status);
  clock_.Advance(absl::Seconds(1));
  board_.Post(0, status);
  EXPECT_EQ(WrittenConfirmation(), status.maps[0].confirmed);
}

TEST_F(StatusBoardTest, AnEqualStatusIsNotWrittenAgain) {
  const ServerStatus status = Confirmed();
  board_.Post(0, status);
  std::filesystem::remove(folder_.File("sync.status"));
  clock_.Advance(absl::Hours(1));
  board_.Post(0, status);
  EXPECT_FALSE(std::filesystem::exists(folder_.File("sync.status")));
}

TEST_F(StatusBoardTest, FreshnessGoesOnAgingAcrossARestart) {
  const Moment first = clock_.Now();
  board_.Post(0, Confirmed());
  clock_.Advance(absl::Minutes(10));
  const StatusBoard later(folder_.path(), 1, &clock_, &logger_);
  EXPECT_EQ(later.Earlier("/a.cf").confirmed, first);
  MapStatus unknown;
  unknown.name = "/b.cf";
  EXPECT_EQ(later.Earlier("/b.cf"), unknown);
}

TEST_F(StatusBoardTest, ADamagedFileOfAnEarlierSyncIsNoConfirmation) {
  board_.Post(0, Confirmed());
  folder_.Write("sync.status", folder_.Read("sync.status") + "x");
  const StatusBoard later(folder_.path(), 1, &clock_, &logger_);
  EXPECT_EQ(later.Earlier("/a.cf").confirmed, std::nullopt);
}

TEST_F(StatusBoardTest, AFailureToWriteIsLoggedOnceAndTriedAgain) {
  StatusBoard board(folder_.File("later"), 1, &clock_, &logger_);
  const ServerStatus status = Confirmed();
  for (int i = 0; i < 3; ++i) {
    board.Post(0, status);
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_THAT(logger_.Take(), ElementsAre(HasSubstr("cannot be written")));
  std::filesystem::create_directory(folder_.File("later"));
  board.Post(0, status);
  EXPECT_TRUE(ReadSyncStatus(folder_.File("later")).ok());
  EXPECT_THAT(logger_.Take(), IsEmpty());
}

// It would be believed for as long as it looks fresh.
TEST_F(StatusBoardTest, AFailureToWriteTakesAwayWhatWasWrittenBefore) {
  board_.Post(0, Confirmed());
  ASSERT_NE(WrittenConfirmation(), std::nullopt);
  // What it is written to first.
  const std::string obstacle =
      folder_.File(absl::StrCat("sync.status.", getpid(), ".new"));
  std::filesystem::create_directory(obstacle);
  ServerStatus broken = Confirmed();
  broken.error = "down";
  board_.Post(0, broken);
  EXPECT_FALSE(std::filesystem::exists(folder_.File("sync.status")));
  std::filesystem::remove(obstacle);
  clock_.Advance(absl::Seconds(1));
  board_.Post(0, broken);
  EXPECT_EQ(WrittenError(), "down");
}

TEST_F(StatusBoardTest, ShowsWhatWasPostedLast) {
  EXPECT_EQ(board_.Current().servers, std::vector<ServerStatus>(1));
  board_.Post(0, Confirmed());
  clock_.Advance(absl::Milliseconds(1));
  // Sooner than it stands in the file.
  const ServerStatus status = Confirmed();
  board_.Post(0, status);
  EXPECT_THAT(board_.Current().servers, ElementsAre(status));
}

TEST_F(StatusBoardTest, WritesAtOnceThatTheStoreCannotBeWritten) {
  board_.Post(0, Confirmed());
  board_.PostStoreFault(StatusBoard::StoreFault::kLocked, "held");
  EXPECT_EQ(ReadSyncStatus(folder_.path())->store_fault, "held");
  // What a loop posts leaves it there.
  clock_.Advance(absl::Seconds(1));
  board_.Post(0, Confirmed());
  EXPECT_EQ(ReadSyncStatus(folder_.path())->store_fault, "held");
  board_.PostStoreFault(StatusBoard::StoreFault::kDamaged, "damaged");
  EXPECT_EQ(ReadSyncStatus(folder_.path())->store_fault, "damaged; held");
  // The end of one is not that of the other.
  board_.PostStoreFault(StatusBoard::StoreFault::kLocked, "");
  EXPECT_EQ(ReadSyncStatus(folder_.path())->store_fault, "damaged");
  board_.PostStoreFault(StatusBoard::StoreFault::kDamaged, "");
  EXPECT_EQ(ReadSyncStatus(folder_.path())->store_fault, "");
}

TEST_F(StatusBoardTest, AnotherCountOfEntriesIsNotUrgent) {
  ServerStatus server = Confirmed();
  server.maps[0].entries = 1;
  board_.Post(0, server);
  server.maps[0].entries = 2;
  board_.Post(0, server);
  EXPECT_EQ(ReadSyncStatus(folder_.path())->servers[0].maps[0].entries, 1U);
  clock_.Advance(absl::Seconds(1));
  server.maps[0].confirmed = clock_.Now();
  board_.Post(0, server);
  EXPECT_EQ(ReadSyncStatus(folder_.path())->servers[0].maps[0].entries, 2U);
}

}  // namespace
}  // namespace postmirror
