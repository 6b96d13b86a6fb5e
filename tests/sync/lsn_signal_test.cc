#include "sync/lsn_signal.h"

#include <gtest/gtest.h>

#include "tests/sync/fake_clock.h"

namespace postmirror {
namespace {

class LsnSignalTest : public ::testing::Test {
 protected:
  LsnSignalTest()
      : signal_(
            [this]() -> absl::StatusOr<uint64_t> {
              if (!server_.ok()) return server_;
              return lsn_;
            },
            absl::Milliseconds(50), &clock_) {}

  ChangeHint Poll() {
    const absl::StatusOr<ChangeHint> hint = signal_.Poll();
    EXPECT_TRUE(hint.ok()) << hint.status();
    return hint.value_or(ChangeHint::kChanged);
  }

  void TakeSnapshot() { ASSERT_EQ(signal_.BeforeSnapshot(), absl::OkStatus()); }

  // A snapshot, and the second one after the number has rested.
  void Settle() {
    TakeSnapshot();
    clock_.Advance(absl::Milliseconds(50));
    TakeSnapshot();
  }

  uint64_t lsn_ = 1000;
  absl::Status server_;
  FakeClock clock_;
  LsnSignal signal_;
};

TEST_F(LsnSignalTest, BeforeTheFirstSnapshotEverythingHasChanged) {
  EXPECT_EQ(Poll(), ChangeHint::kChanged);
}

TEST_F(LsnSignalTest, ANumberThatRestsIsNoChange) {
  Settle();
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Poll(), ChangeHint::kUnchanged);
}

TEST_F(LsnSignalTest, AHigherNumberIsAChange) {
  Settle();
  ++lsn_;
  EXPECT_EQ(Poll(), ChangeHint::kChanged);
}

TEST_F(LsnSignalTest, ALowerNumberIsAChange) {
  Settle();
  --lsn_;
  EXPECT_EQ(Poll(), ChangeHint::kChanged);
}

TEST_F(LsnSignalTest, AChangeStaysOneUntilTheNextSnapshot) {
  Settle();
  ++lsn_;
  EXPECT_EQ(Poll(), ChangeHint::kChanged);
  EXPECT_EQ(Poll(), ChangeHint::kChanged);
}

// The number moves just before a commit becomes visible.
TEST_F(LsnSignalTest, OnceSettledItIsReadOnceMore) {
  Settle();
  ++lsn_;
  TakeSnapshot();
  EXPECT_EQ(Poll(), ChangeHint::kUnknown) << "it has not rested yet";
  clock_.Advance(absl::Milliseconds(49));
  EXPECT_EQ(Poll(), ChangeHint::kUnknown);
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Poll(), ChangeHint::kChanged);
  TakeSnapshot();
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Poll(), ChangeHint::kUnchanged) << "once is enough";
}

// A snapshot that the server gave up is begun again at once: the second opening
// sees no other number, but perhaps not the commit either.
TEST_F(LsnSignalTest, ASnapshotBegunTwiceIsReadOnceMoreToo) {
  Settle();
  ++lsn_;
  TakeSnapshot();
  clock_.Advance(absl::Milliseconds(1));
  TakeSnapshot();
  EXPECT_EQ(Poll(), ChangeHint::kUnknown);
  clock_.Advance(absl::Milliseconds(49));
  EXPECT_EQ(Poll(), ChangeHint::kChanged);
  TakeSnapshot();
  EXPECT_EQ(Poll(), ChangeHint::kUnchanged);
}

TEST_F(LsnSignalTest, AnUnsettledNumberConfirmsNothing) {
  TakeSnapshot();
  EXPECT_EQ(Poll(), ChangeHint::kUnknown);
}

TEST_F(LsnSignalTest, ANumberThatKeepsMovingStaysUnsettled) {
  Settle();
  for (int i = 0; i < 5; ++i) {
    ++lsn_;
    TakeSnapshot();
    EXPECT_EQ(Poll(), ChangeHint::kUnknown);
  }
}

TEST_F(LsnSignalTest, AServerThatCannotBeAskedIsAFailure) {
  Settle();
  server_ = absl::UnavailableError("gone");
  EXPECT_EQ(signal_.Poll().status(), server_);
  EXPECT_EQ(signal_.BeforeSnapshot(), server_);
}

}  // namespace
}  // namespace postmirror
