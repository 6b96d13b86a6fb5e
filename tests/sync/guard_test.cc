// When a map is held, and when it is released.
#include "sync/guard.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/sync/fake_clock.h"
#include "tests/sync/guarded_map.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

class GuardTest : public ::testing::Test {
 protected:
  // Whether so many of a map of that many entries may go at once.
  static bool MayGo(uint64_t size, uint64_t count, double max_shrink = 0.5) {
    const FakeClock clock;
    Guard guard(max_shrink);
    GuardedMap map(&guard, &clock);
    map.Fill(size);
    map.Delete(count);
    return map.Passes();
  }

  // The next process's guard, with what this one left in the store.
  void Restart() {
    const GuardRecord record = *guard_.Record(map_.name());
    const absl::StatusOr<GuardRecord> kept =
        DecodeGuardRecord(EncodeGuardRecord(record));
    ASSERT_TRUE(kept.ok());
    EXPECT_EQ(*kept, record);
    guard_ = Guard(0.5);
    guard_.Restore(map_.name(), *kept);
  }

  FakeClock clock_;
  Guard guard_{0.5};
  GuardedMap map_{&guard_, &clock_};
};

TEST_F(GuardTest, EmptyingAMapIsHeldWhateverItsSize) {
  for (const uint64_t size : {1U, 2U, 10U, 11U, 5000U}) {
    EXPECT_FALSE(MayGo(size, size, 0.99)) << size;
  }
}

TEST_F(GuardTest, MaxShrinkOfAllSwitchesItOff) {
  EXPECT_TRUE(MayGo(5000, 5000, 1));
  EXPECT_TRUE(MayGo(1, 1, 1));
}

// The manual's table: postmirror-sync(8), THE GUARD.
TEST_F(GuardTest, HoldsWhatTheManualsTableSays) {
  struct Row {
    uint64_t entries;
    uint64_t may_go;
  };
  for (const Row& row : std::vector<Row>{
           {2, 1}, {4, 2}, {8, 4}, {20, 10}, {21, 10}, {22, 11}, {1000, 500}}) {
    EXPECT_TRUE(MayGo(row.entries, row.may_go)) << row.entries;
    EXPECT_FALSE(MayGo(row.entries, row.may_go + 1)) << row.entries;
  }
}

TEST_F(GuardTest, NothingRemovedPasses) {
  EXPECT_TRUE(MayGo(0, 0));
  EXPECT_TRUE(MayGo(100, 0));
}

TEST_F(GuardTest, MaxShrinkPassesAndMoreIsHeld) {
  EXPECT_TRUE(MayGo(100, 50));
  EXPECT_FALSE(MayGo(100, 51));
}

// Of a map of more than 20 entries.
TEST_F(GuardTest, TenRemovalsPassHoweverLargeTheirPart) {
  EXPECT_TRUE(MayGo(21, 10, 0.1));
  EXPECT_FALSE(MayGo(21, 11, 0.1));
}

TEST_F(GuardTest, OfASmallMapOneRemovalPassesHoweverLargeItsPart) {
  EXPECT_TRUE(MayGo(20, 1, 0));
  EXPECT_FALSE(MayGo(20, 2, 0));
}

TEST_F(GuardTest, MaxShrinkZeroHoldsFromElevenOn) {
  EXPECT_TRUE(MayGo(100000, 10, 0));
  EXPECT_FALSE(MayGo(100000, 11, 0));
}

TEST_F(GuardTest, SlowErosionIsHeldAgainstTheLargestCountOfTheHour) {
  map_.Fill(1000);
  for (uint64_t gone = 0; gone < 500; gone += 100) {
    map_.Delete(100, gone);
    ASSERT_TRUE(map_.Passes()) << gone;
    clock_.Advance(absl::Minutes(5));
  }
  map_.Delete(100, 500);
  EXPECT_FALSE(map_.Passes());
}

TEST_F(GuardTest, AThousandDeletedOneByOneAreHeldAndStayHeld) {
  map_.Fill(1000);
  for (uint64_t i = 0; i < 1000; ++i) {
    map_.Delete(1, i);
    map_.Read();
    clock_.Advance(absl::Milliseconds(6));
  }
  EXPECT_EQ(map_.store.size(), 500U);
  EXPECT_EQ(map_.Held().removals, 500U);
  clock_.Advance(absl::Hours(5));
  EXPECT_EQ(map_.Held().removals, 500U) << "a hold does not grow old";
}

TEST_F(GuardTest, ReplacedKeysCountAsMissing) {
  map_.Fill(1000);
  map_.Delete(1000);
  map_.Insert(1000, 5000);
  const HeldChanges held = map_.Held();
  EXPECT_EQ(held.removals, 1000U);
  EXPECT_THAT(held.reason, HasSubstr("lacks 1000 of the 1000 entries"));
  EXPECT_EQ(map_.store.size(), 2000U) << "new keys are applied";
}

TEST_F(GuardTest, AKeyThatComesBackIsNotMissing) {
  map_.Fill(100);
  for (int i = 0; i < 3; ++i) {
    map_.Delete(40);
    ASSERT_TRUE(map_.Passes());
    map_.Insert(40);
    ASSERT_TRUE(map_.Passes());
  }
}

TEST_F(GuardTest, ACountIsForgottenAnHourAfterItWasTheMapsLast) {
  map_.Fill(1000);
  map_.Delete(400);
  ASSERT_TRUE(map_.Passes());
  clock_.Advance(absl::Minutes(61));
  map_.Delete(300, 400);
  EXPECT_TRUE(map_.Passes());
}

TEST_F(GuardTest, ACountIsRememberedForTheHour) {
  map_.Fill(1000);
  map_.Delete(400);
  ASSERT_TRUE(map_.Passes());
  clock_.Advance(absl::Minutes(59));
  map_.Delete(300, 400);
  EXPECT_FALSE(map_.Passes());
}

// A map that nobody touched for hours had its count until now, not until hours
// ago.
TEST_F(GuardTest, TheHourBeginsWhenTheCountFellNotWhenItWasReached) {
  map_.Fill(1000);
  ASSERT_TRUE(map_.Passes());
  clock_.Advance(absl::Hours(3));
  map_.Delete(400);
  ASSERT_TRUE(map_.Passes());
  clock_.Advance(absl::Minutes(1));
  map_.Delete(300, 400);
  EXPECT_FALSE(map_.Passes());
}

TEST_F(GuardTest, MapsAreJudgedEachByItself) {
  GuardedMap other(&guard_, &clock_, "/other.cf");
  map_.Fill(100);
  other.Fill(100);
  map_.Delete(100);
  other.Delete(5);
  EXPECT_FALSE(map_.Passes());
  EXPECT_TRUE(other.Passes());
  EXPECT_TRUE(guard_.IsHeld(map_.name()));
  EXPECT_FALSE(guard_.IsHeld(other.name()));
}

TEST_F(GuardTest, AHeldMapIsReleasedWhenTenAreMissing) {
  map_.Fill(1000);
  map_.Delete(1000);
  ASSERT_FALSE(map_.Passes());
  map_.Insert(990);
  EXPECT_TRUE(map_.Passes());
}

TEST_F(GuardTest, AHeldMapStaysHeldWhileElevenAreMissing) {
  map_.Fill(1000);
  map_.Delete(1000);
  ASSERT_FALSE(map_.Passes());
  map_.Insert(989);
  EXPECT_EQ(map_.Held().removals, 11U);
}

TEST_F(GuardTest, ASmallMapIsReleasedWhenNothingIsMissing) {
  map_.Fill(20);
  map_.Delete(20);
  ASSERT_FALSE(map_.Passes());
  map_.Insert(19);
  EXPECT_FALSE(map_.Passes());
  map_.Insert(20);
  EXPECT_TRUE(map_.Passes());
}

TEST_F(GuardTest, EightDomainsStayHeldWhenAnotherOneComes) {
  map_.Fill(8);
  map_.Delete(8);
  ASSERT_FALSE(map_.Passes());
  map_.Insert(1, 100);
  EXPECT_EQ(map_.Held().removals, 8U);
  map_.Insert(1);
  EXPECT_EQ(map_.Held().removals, 7U);
}

TEST_F(GuardTest, AHeldMapIsNotReleasedByAReadThatEmptiesIt) {
  map_.Fill(8);
  map_.Delete(8);
  ASSERT_FALSE(map_.Passes());
  EXPECT_FALSE(map_.Passes());
}

// What was removed before the hold is missing too, though nothing waits.
TEST_F(GuardTest, WhatIsMissingSinceBeforeTheHoldKeepsItHeld) {
  map_.Fill(1000);
  map_.Delete(400);
  ASSERT_TRUE(map_.Passes());
  map_.Delete(200, 400);
  ASSERT_FALSE(map_.Passes());
  map_.Insert(200, 400);
  const HeldChanges held = map_.Held();
  EXPECT_EQ(held.removals, 0U);
  EXPECT_THAT(held.reason, HasSubstr("lacks 400 of the 1000"));
  map_.Insert(400);
  EXPECT_TRUE(map_.Passes());
}

TEST_F(GuardTest, AReleaseForgetsNothing) {
  map_.Fill(1000);
  map_.Delete(1000);
  ASSERT_FALSE(map_.Passes());
  map_.Insert(1000, 5);
  ASSERT_TRUE(map_.Passes());
  map_.Delete(496, 5);
  EXPECT_FALSE(map_.Passes()) << "with the 5 of before, 501";
}

// A wrong database's keys came during the hold, and go with it.
TEST_F(GuardTest, KeysThatCameDuringTheHoldAreNotMissedWhenTheyGo) {
  map_.Fill(1000);
  map_.Delete(1000);
  map_.Insert(1000, 5000);
  ASSERT_FALSE(map_.Passes());
  map_.Delete(1000, 5000);
  map_.Insert(1000);
  EXPECT_TRUE(map_.Passes());
}

TEST_F(GuardTest, ARestartForgetsNothing) {
  map_.Fill(1000);
  map_.Delete(400);
  ASSERT_TRUE(map_.Passes());
  Restart();
  clock_.Advance(absl::Minutes(59));
  map_.Delete(200, 400);
  EXPECT_FALSE(map_.Passes());
  Restart();
  EXPECT_FALSE(map_.Passes());
  map_.Insert(200, 400);
  EXPECT_FALSE(map_.Passes());
  map_.Insert(400);
  EXPECT_TRUE(map_.Passes());
}

// The wall clock was set back between two boots: how old it is is not known.
TEST_F(GuardTest, WhatIsOfUnknownAgeIsOfNow) {
  map_.Fill(1000);
  map_.Delete(400);
  ASSERT_TRUE(map_.Passes());
  Guard later(0.5);
  later.Restore(map_.name(), *guard_.Record(map_.name()));
  FakeClock clock;
  clock.Reboot(-absl::Hours(3));
  GuardedMap map(&later, &clock);
  map.database = map_.database;
  map.store = map_.store;
  map.Delete(200, 400);
  EXPECT_FALSE(map.Passes());
}

TEST_F(GuardTest, GoesOnHoldingWhatAnEarlierReleaseHeld) {
  Guard later(0.5);
  later.RestoreEarlier(map_.name(), MapSize{100, clock_.Now()}, true);
  GuardedMap map(&later, &clock_);
  map.Fill(100);
  map.Delete(11);
  EXPECT_EQ(map.Held().removals, 11U);
  map.Insert(11, 1);
  EXPECT_TRUE(map.Passes());
}

TEST_F(GuardTest, GoesOnMeasuringByWhatAnEarlierReleaseMeasured) {
  for (const int minutes : {59, 61}) {
    FakeClock clock;
    Guard later(0.5);
    later.RestoreEarlier(map_.name(), MapSize{1000, clock.Now()}, false);
    GuardedMap map(&later, &clock);
    map.Fill(10);
    clock.Advance(absl::Minutes(minutes));
    map.Delete(6);
    EXPECT_EQ(map.Passes(), minutes == 59) << "a map of 1000, or a small one";
  }
}

TEST_F(GuardTest, AMapOfWhichTheRecordIsDamagedIsHeldUntilItIsAccepted) {
  guard_.Restore(map_.name(), std::nullopt);
  map_.Fill(100);
  EXPECT_FALSE(map_.Passes());
  map_.Delete(1);
  map_.Insert(1, 500);
  const HeldChanges held = map_.Held();
  EXPECT_EQ(held.removals, 1U);
  EXPECT_TRUE(map_.store.contains("user500@example.org"));
  ASSERT_TRUE(map_.Accept(held));
  EXPECT_TRUE(map_.Passes());
}

TEST_F(GuardTest, ForgetsAMapThatIsNoLongerMirrored) {
  map_.Fill(1000);
  map_.Delete(900);
  ASSERT_FALSE(map_.Passes());
  guard_.Forget(map_.name());
  EXPECT_FALSE(guard_.IsHeld(map_.name()));
}

// A store that was set aside took with it what was held.
TEST_F(GuardTest, AMapThatIsFilledAgainIsHeldUntilItsKeysAreBack) {
  map_.Fill(1000);
  map_.Delete(600);
  ASSERT_FALSE(map_.Passes());
  map_.store.clear();
  map_.next.is_first_fill = true;
  const HeldChanges held = map_.Held();
  EXPECT_EQ(held.removals, 0U);
  EXPECT_THAT(held.reason, HasSubstr("lacks 600 of the 1000"));
  EXPECT_EQ(map_.store.size(), 400U);
  map_.next.is_first_fill = false;
  map_.Insert(590);
  EXPECT_TRUE(map_.Passes());
}

// What it has beyond them is only counted.
TEST_F(GuardTest, MoreKeysThanAreRememberedStayMissing) {
  const uint64_t beyond = KeyTraces::kMaxKeys + 100;
  map_.Fill(4 * KeyTraces::kMaxKeys);
  map_.Delete(beyond);
  ASSERT_TRUE(map_.Passes());
  map_.Delete(beyond, beyond);
  ASSERT_FALSE(map_.Passes());
  map_.Insert(2 * beyond);
  EXPECT_THAT(map_.Held().reason,
              HasSubstr("lacks up to 100 of the 65536 entries"));
}

TEST_F(GuardTest, MoreKeysMayBeMissingThanThereWereAtOnce) {
  guard_ = Guard(0.9);
  map_.Fill(100);
  for (uint64_t first = 0; first < 120; first += 30) {
    map_.Insert(30, 100 + first);
    map_.Delete(30, first);
    if (first < 90) {
      ASSERT_TRUE(map_.Passes());
    }
  }
  EXPECT_THAT(map_.Held().reason,
              HasSubstr("lacks up to 100 of the 100 entries"));
}

// Nor more of them than there were.
TEST_F(GuardTest, NoMoreKeysAreMissingThanThereWere) {
  const uint64_t many = KeyTraces::kMaxKeys + 100;
  map_.Fill(100);
  map_.Delete(100);
  ASSERT_FALSE(map_.Passes());
  map_.Insert(many, 1000);
  map_.Read();
  map_.Delete(many, 1000);
  EXPECT_THAT(map_.Held().reason,
              HasSubstr("lacks up to 100 of the 100 entries"));
}

}  // namespace
}  // namespace postmirror
