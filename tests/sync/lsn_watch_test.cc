#include "sync/lsn_watch.h"

#include <gtest/gtest.h>

#include "sync/lsn_signal.h"
#include "tests/sync/fake_clock.h"

namespace postmirror {
namespace {

class LsnWatchTest : public ::testing::Test {
 protected:
  // A snapshot that shows all that moved the number, long ago.
  void SetUp() override {
    TakeSnapshot();
    clock_.Advance(absl::Hours(1));
    TakeSnapshot();
    clock_.Advance(absl::Hours(1));
  }

  void TakeSnapshot() {
    ASSERT_EQ(watch_.BeforeSnapshot(end_), absl::OkStatus());
  }

  ChangeHint Look() {
    const absl::StatusOr<ChangeHint> hint = watch_.Look(end_);
    EXPECT_TRUE(hint.ok()) << hint.status();
    return hint.value_or(ChangeHint::kNamed);
  }

  // A commit that is in the binlog.
  void CommitTold() {
    ++lsn_;
    ++end_.offset;
  }

  absl::Status server_;
  uint64_t lsn_ = 1000;
  BinlogPosition end_ = {"mail-bin.000001", 4};
  FakeClock clock_;
  LsnWatch watch_{[this]() -> absl::StatusOr<uint64_t> {
                    if (!server_.ok()) return server_;
                    return lsn_;
                  },
                  &clock_};
};

TEST_F(LsnWatchTest, ANumberThatRestsIsUnchanged) {
  EXPECT_EQ(Look(), ChangeHint::kUnchanged);
}

TEST_F(LsnWatchTest, ANumberThatMovesWithoutAnEventIsAChange) {
  ++lsn_;
  EXPECT_EQ(Look(), ChangeHint::kChanged);
  EXPECT_EQ(Look(), ChangeHint::kChanged) << "until everything is read";
}

TEST_F(LsnWatchTest, ALowerNumberIsAChangeToo) {
  --lsn_;
  EXPECT_EQ(Look(), ChangeHint::kChanged);
}

TEST_F(LsnWatchTest, EverythingIsReadOnceInABlindIntervalAtMost) {
  ++lsn_;
  EXPECT_EQ(Look(), ChangeHint::kChanged);
  TakeSnapshot();
  ++lsn_;
  clock_.Advance(kBlindInterval - absl::Milliseconds(1));
  EXPECT_EQ(Look(), ChangeHint::kUnknown) << "it may lack that change";
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Look(), ChangeHint::kChanged);
}

// The events explain it, but something else may have moved it meanwhile.
TEST_F(LsnWatchTest, BesideEventsItIsReadLessOften) {
  TakeSnapshot();
  CommitTold();
  clock_.Advance(kBlindInterval);
  EXPECT_EQ(Look(), ChangeHint::kUnknown);
  clock_.Advance(kBlindIntervalBesideEvents - kBlindInterval -
                 absl::Milliseconds(1));
  EXPECT_EQ(Look(), ChangeHint::kUnknown);
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Look(), ChangeHint::kChanged);
}

TEST_F(LsnWatchTest, AnEventAfterwardsExplainsNothing) {
  TakeSnapshot();
  ++lsn_;
  EXPECT_EQ(Look(), ChangeHint::kUnknown);
  CommitTold();
  EXPECT_EQ(Look(), ChangeHint::kUnknown);
  clock_.Advance(kBlindInterval);
  EXPECT_EQ(Look(), ChangeHint::kChanged);
}

TEST_F(LsnWatchTest, EventsThatMoveNoNumberAreUnchanged) {
  ++end_.offset;
  EXPECT_EQ(Look(), ChangeHint::kUnchanged);
}

// It moves just before a commit becomes visible.
TEST_F(LsnWatchTest, ASnapshotThatWasOpenedTooSoonIsTakenAgain) {
  ++lsn_;
  EXPECT_EQ(Look(), ChangeHint::kChanged);
  clock_.Advance(kLsnSettleTime - absl::Milliseconds(1));
  TakeSnapshot();
  EXPECT_EQ(Look(), ChangeHint::kUnknown);
  clock_.Advance(kBlindInterval);
  EXPECT_EQ(Look(), ChangeHint::kChanged);
  TakeSnapshot();
  EXPECT_EQ(Look(), ChangeHint::kUnchanged) << "once is enough";
}

TEST_F(LsnWatchTest, AMoveThatTheSnapshotFindsCountsAsWell) {
  ++lsn_;
  TakeSnapshot();
  EXPECT_EQ(Look(), ChangeHint::kUnknown);
}

TEST_F(LsnWatchTest, AServerThatCannotBeAskedIsAFailure) {
  server_ = absl::UnavailableError("gone");
  EXPECT_EQ(watch_.Look(end_).status(), server_);
  EXPECT_EQ(watch_.BeforeSnapshot(end_), server_);
}

}  // namespace
}  // namespace postmirror
