#include "sync/guard.h"

#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/sync/fake_clock.h"

namespace postmirror {
namespace {

constexpr char kMap[] = "/etc/postmirror/aliases.cf";

// A change set that leaves a map of `before` entries without those numbered
// from `first` on.
ChangeSet Remove(uint64_t before, uint64_t count, uint64_t first = 0) {
  ChangeSet changes;
  for (uint64_t i = first; i < first + count; ++i) {
    changes.removed.Add(absl::StrCat("user", i, "@example.org"), "", 0);
  }
  changes.removed.Sort();
  changes.before = before;
  changes.after = before - count;
  return changes;
}

class GuardTest : public ::testing::Test {
 protected:
  bool Passes(const ChangeSet& changes, const std::string& map = kMap) {
    return guard_.Passes(map, changes, clock_.Now());
  }

  // How many removals are held; 0 where the map is not.
  uint64_t HeldRemovals() const {
    const Removals* held = guard_.Held(kMap);
    return held == nullptr ? 0 : held->count;
  }

  bool AcceptHeld() {
    const Removals held = *guard_.Held(kMap);
    return guard_.Accept(kMap, held.count, held.digest);
  }

  FakeClock clock_;
  Guard guard_{0.5};
};

TEST_F(GuardTest, EmptyingAMapIsHeldWhateverItsSize) {
  for (const uint64_t size : {1U, 2U, 10U, 11U, 5000U}) {
    Guard guard(1.0);
    EXPECT_FALSE(guard.Passes(kMap, Remove(size, size), clock_.Now())) << size;
    ASSERT_NE(guard.Held(kMap), nullptr);
    EXPECT_EQ(guard.Held(kMap)->count, size);
  }
}

TEST_F(GuardTest, NothingRemovedPasses) {
  EXPECT_TRUE(Passes(Remove(0, 0)));
  EXPECT_TRUE(Passes(Remove(100, 0)));
  EXPECT_EQ(guard_.Held(kMap), nullptr);
}

TEST_F(GuardTest, MaxShrinkPassesAndMoreIsHeld) {
  EXPECT_TRUE(Passes(Remove(100, 50), "a"));
  EXPECT_FALSE(Passes(Remove(100, 51), "b"));
}

TEST_F(GuardTest, TenRemovalsPassHoweverLargeTheirPart) {
  EXPECT_TRUE(Passes(Remove(11, 10), "a"));
  EXPECT_FALSE(Passes(Remove(12, 11), "b"));
}

TEST_F(GuardTest, MaxShrinkZeroHoldsFromElevenOn) {
  Guard guard(0);
  EXPECT_TRUE(guard.Passes("a", Remove(100000, 10), clock_.Now()));
  EXPECT_FALSE(guard.Passes("b", Remove(100000, 11), clock_.Now()));
}

TEST_F(GuardTest, SlowErosionIsHeldAgainstTheLargestCountOfTheHour) {
  uint64_t entries = 1000;
  for (; entries > 500; entries -= 100) {
    ASSERT_TRUE(Passes(Remove(entries, 100, entries))) << entries;
    clock_.Advance(absl::Minutes(5));
  }
  EXPECT_FALSE(Passes(Remove(entries, 100)));
}

TEST_F(GuardTest, ACountIsForgottenAnHourAfterItWasTheMapsLast) {
  ASSERT_TRUE(Passes(Remove(1000, 400)));
  clock_.Advance(absl::Minutes(61));
  EXPECT_TRUE(Passes(Remove(600, 300)));
}

TEST_F(GuardTest, ACountIsRememberedForTheHour) {
  ASSERT_TRUE(Passes(Remove(1000, 400)));
  clock_.Advance(absl::Minutes(59));
  EXPECT_FALSE(Passes(Remove(600, 300)));
}

// A map that nobody touched for hours had its count until now, not until hours
// ago.
TEST_F(GuardTest, TheHourBeginsWhenTheCountFellNotWhenItWasReached) {
  ASSERT_TRUE(Passes(Remove(1000, 0)));
  clock_.Advance(absl::Hours(3));
  ASSERT_TRUE(Passes(Remove(1000, 400)));
  clock_.Advance(absl::Minutes(1));
  EXPECT_FALSE(Passes(Remove(600, 300)));
}

TEST_F(GuardTest, MapsAreJudgedEachByItself) {
  EXPECT_FALSE(Passes(Remove(100, 100), "a"));
  EXPECT_TRUE(Passes(Remove(100, 5), "b"));
  EXPECT_NE(guard_.Held("a"), nullptr);
  EXPECT_EQ(guard_.Held("b"), nullptr);
}

TEST_F(GuardTest, AcceptReleasesTheSameKeys) {
  ASSERT_FALSE(Passes(Remove(100, 100)));
  ASSERT_TRUE(AcceptHeld());
  EXPECT_TRUE(Passes(Remove(100, 100)));
  EXPECT_EQ(guard_.Held(kMap), nullptr);
}

TEST_F(GuardTest, AcceptReleasesFewerOfTheSameKeys) {
  ASSERT_FALSE(Passes(Remove(100, 80)));
  ASSERT_TRUE(AcceptHeld());
  EXPECT_TRUE(Passes(Remove(100, 60, 10)));
  EXPECT_EQ(guard_.Held(kMap), nullptr);
}

TEST_F(GuardTest, AcceptDoesNotReleaseOtherKeys) {
  ASSERT_FALSE(Passes(Remove(100, 80)));
  ASSERT_TRUE(AcceptHeld());
  EXPECT_FALSE(Passes(Remove(100, 80, 1)));
  EXPECT_NE(guard_.Held(kMap), nullptr);
}

TEST_F(GuardTest, AcceptIsGoodForTheNextChangeSetOnly) {
  ASSERT_FALSE(Passes(Remove(100, 80)));
  ASSERT_TRUE(AcceptHeld());
  ASSERT_FALSE(Passes(Remove(100, 81)));
  EXPECT_FALSE(Passes(Remove(100, 80)));
}

TEST_F(GuardTest, AcceptOfWhatIsNotHeldIsRefused) {
  EXPECT_FALSE(guard_.Accept(kMap, 0, ""));
  ASSERT_FALSE(Passes(Remove(100, 80)));
  const Removals held = *guard_.Held(kMap);
  EXPECT_FALSE(guard_.Accept(kMap, held.count + 1, held.digest));
  EXPECT_FALSE(guard_.Accept(kMap, held.count, "0123456789abcdef"));
  EXPECT_FALSE(guard_.Accept("/other.cf", held.count, held.digest));
  EXPECT_FALSE(Passes(Remove(100, 80)));
}

TEST_F(GuardTest, AfterAnAcceptTheNewCountIsTheMeasure) {
  ASSERT_FALSE(Passes(Remove(1000, 900)));
  ASSERT_TRUE(AcceptHeld());
  ASSERT_TRUE(Passes(Remove(1000, 900)));
  EXPECT_TRUE(Passes(Remove(100, 50)));
  EXPECT_FALSE(Passes(Remove(50, 26)));
}

TEST_F(GuardTest, AHeldMapIsReleasedWhenTenRemovalsAreLeft) {
  ASSERT_FALSE(Passes(Remove(1000, 1000)));
  EXPECT_TRUE(Passes(Remove(1000, 10)));
  EXPECT_EQ(guard_.Held(kMap), nullptr);
}

// Otherwise a map that was just released would be held again at its next
// change.
TEST_F(GuardTest, AfterAReleaseTheSizeOfBeforeIsNoMeasure) {
  ASSERT_TRUE(Passes(Remove(1000, 400)));
  ASSERT_FALSE(Passes(Remove(600, 200)));
  ASSERT_TRUE(Passes(Remove(600, 5)));
  EXPECT_TRUE(Passes(Remove(595, 100)));
}

TEST_F(GuardTest, AHeldMapStaysHeldWhileElevenRemovalsAreLeft) {
  ASSERT_FALSE(Passes(Remove(1000, 1000)));
  EXPECT_FALSE(Passes(Remove(1000, 11)));
  EXPECT_EQ(HeldRemovals(), 11U);
}

TEST_F(GuardTest, AHeldMapIsNotReleasedByAReadThatEmptiesIt) {
  ASSERT_FALSE(Passes(Remove(8, 8)));
  EXPECT_FALSE(Passes(Remove(8, 8)));
}

TEST_F(GuardTest, AnAcceptThatIsWithdrawnReleasesNothing) {
  ASSERT_FALSE(Passes(Remove(100, 80)));
  ASSERT_TRUE(AcceptHeld());
  guard_.WithdrawAccept("/other.cf");
  guard_.WithdrawAccept(kMap);
  EXPECT_FALSE(Passes(Remove(100, 80)));
}

TEST_F(GuardTest, AWithdrawalIsForOneMap) {
  ASSERT_FALSE(Passes(Remove(100, 80)));
  ASSERT_TRUE(AcceptHeld());
  guard_.WithdrawAccept("/other.cf");
  EXPECT_TRUE(Passes(Remove(100, 80)));
}

TEST_F(GuardTest, ForgetsWhatItHeldAndMeasured) {
  ASSERT_FALSE(Passes(Remove(1000, 900)));
  guard_.Forget(kMap);
  EXPECT_EQ(guard_.Held(kMap), nullptr);
  EXPECT_TRUE(Passes(Remove(100, 50)));
}

TEST_F(GuardTest, GoesOnWithTheSizeThatAnEarlierProcessMeasured) {
  ASSERT_TRUE(Passes(Remove(1000, 400)));
  ASSERT_EQ(guard_.Largest(kMap), (MapSize{1000, clock_.Now()}));
  Guard later(0.5);
  later.Restore(kMap, *guard_.Largest(kMap), std::nullopt);
  clock_.Advance(absl::Minutes(59));
  EXPECT_FALSE(later.Passes(kMap, Remove(600, 300), clock_.Now()));
}

TEST_F(GuardTest, ForgetsTheSizeThatAnEarlierProcessMeasuredAfterTheHour) {
  Guard later(0.5);
  later.Restore(kMap, {1000, clock_.Now()}, std::nullopt);
  clock_.Advance(absl::Minutes(61));
  EXPECT_TRUE(later.Passes(kMap, Remove(600, 300), clock_.Now()));
}

TEST_F(GuardTest, GoesOnHoldingWhatAnEarlierProcessHeld) {
  const Removals held = {.count = 60, .digest = "d", .key_hashes = {}};
  Guard later(0.5);
  later.Restore(kMap, {100, clock_.Now()}, held);
  ASSERT_NE(later.Held(kMap), nullptr);
  EXPECT_EQ(*later.Held(kMap), held);
  EXPECT_FALSE(later.Passes(kMap, Remove(100, 11), clock_.Now()));
  EXPECT_TRUE(later.Passes(kMap, Remove(100, 10), clock_.Now()));
}

TEST_F(GuardTest, KnowsNoSizeOfAMapItNeverSaw) {
  EXPECT_EQ(guard_.Largest(kMap), std::nullopt);
}

TEST_F(GuardTest, TheDigestNamesTheKeys) {
  const Removals removals = DigestRemovals(Remove(100, 20));
  EXPECT_EQ(removals.count, 20U);
  EXPECT_EQ(removals.digest.size(), 16U);
  EXPECT_EQ(removals, DigestRemovals(Remove(500, 20)));
  EXPECT_NE(removals.digest, DigestRemovals(Remove(100, 20, 1)).digest);
  EXPECT_NE(removals.digest, DigestRemovals(Remove(100, 19)).digest);
}

}  // namespace
}  // namespace postmirror
