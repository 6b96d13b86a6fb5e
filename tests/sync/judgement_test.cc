// What of a change set is applied, and what waits: changed values, key by key
// holds, broken maps and new definitions.
#include "sync/judgement.h"

#include <gmock/gmock.h>

#include <string>

#include "sync/guard.h"
#include "tests/sync/fake_clock.h"
#include "tests/sync/guarded_map.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

class JudgementTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  Guard guard_{0.5};
  GuardedMap map_{&guard_, &clock_};
};

TEST_F(JudgementTest, ManyChangedValuesAreHeld) {
  map_.Fill(1000);
  map_.Insert(1000, 0, "other");
  const HeldChanges held = map_.Held();
  EXPECT_EQ(held.values, 1000U);
  EXPECT_EQ(held.removals, 0U);
  EXPECT_THAT(held.reason, HasSubstr("1000 values of 1000 entries changed"));
  EXPECT_EQ(map_.store.at("user7@example.org"), "v");
}

TEST_F(JudgementTest, ChangedValuesAddUpLikeRemovals) {
  map_.Fill(100);
  for (uint64_t i = 0; i < 50; ++i) {
    map_.Insert(1, i, "other");
    ASSERT_TRUE(map_.Passes()) << i;
  }
  map_.Insert(10, 0, "third");
  ASSERT_TRUE(map_.Passes()) << "keys count once";
  map_.Insert(1, 50, "other");
  EXPECT_FALSE(map_.Passes());
}

TEST_F(JudgementTest, OneChangedValueOfASmallMapPasses) {
  map_.Fill(2);
  map_.Insert(1, 0, "other");
  EXPECT_TRUE(map_.Passes());
  map_.Insert(1, 1, "other");
  EXPECT_FALSE(map_.Passes());
}

TEST_F(JudgementTest, AHoldOfValuesEndsWhenTheyHaveChangedBack) {
  map_.Fill(1000);
  for (uint64_t i = 0; i < 1000; i += 100) {
    map_.Insert(100, i, "other");
    map_.Read();
  }
  ASSERT_TRUE(guard_.IsHeld(map_.name()));
  map_.Insert(989, 0, "v");
  EXPECT_FALSE(map_.Passes());
  map_.Insert(990, 0, "v");
  EXPECT_TRUE(map_.Passes());
}

// Deleted and inserted again, a key's value changed all the same.
TEST_F(JudgementTest, AKeyThatComesBackWithAnotherValueIsAChangedValue) {
  map_.Fill(100);
  map_.Delete(50);
  ASSERT_TRUE(map_.Passes());
  map_.Insert(50, 0, "other");
  ASSERT_TRUE(map_.Passes());
  map_.Insert(1, 60, "other");
  EXPECT_EQ(map_.Held().values, 1U);
}

TEST_F(JudgementTest, WhereValuesAreNotJudgedTheyPass) {
  map_.next.scope = GuardScope::kRemovals;
  map_.Fill(1000);
  map_.Insert(1000, 0, "other");
  EXPECT_TRUE(map_.Passes());
  map_.Delete(600);
  EXPECT_FALSE(map_.Passes());
}

TEST_F(JudgementTest, WhereTheGuardIsOffEverythingPasses) {
  map_.next.scope = GuardScope::kOff;
  map_.Fill(1000);
  map_.Delete(1000);
  EXPECT_TRUE(map_.Passes());
}

TEST_F(JudgementTest, AHoldEndsWhereTheGuardIsSwitchedOff) {
  map_.Fill(1000);
  map_.Delete(1000);
  ASSERT_FALSE(map_.Passes());
  map_.next.scope = GuardScope::kOff;
  EXPECT_TRUE(map_.Passes());
}

TEST_F(JudgementTest, WhileValuesAreHeldRemovalsWaitToo) {
  map_.Fill(1000);
  map_.Insert(1000, 0, "other");
  ASSERT_FALSE(map_.Passes());
  map_.Delete(1);
  map_.Insert(1, 5000);
  const HeldChanges held = map_.Held();
  EXPECT_EQ(held.values, 999U);
  EXPECT_EQ(held.removals, 1U);
  EXPECT_TRUE(map_.store.contains("user5000@example.org"));
}

TEST_F(JudgementTest, AHostThatMayLackSomethingRemovesAndChangesNothing) {
  map_.Fill(100);
  map_.next.uncontained = true;
  map_.Delete(2);
  map_.Insert(1, 5, "older");
  map_.Insert(1, 500);
  const HeldChanges held = map_.Held();
  EXPECT_EQ(held.removals, 2U);
  EXPECT_EQ(held.values, 1U);
  EXPECT_THAT(held.reason, HasSubstr("may lack"));
  EXPECT_TRUE(map_.store.contains("user0@example.org"));
  EXPECT_TRUE(map_.store.contains("user500@example.org"));
}

TEST_F(JudgementTest, LaterRemovalsOfOtherKeysGoOn) {
  map_.Fill(100);
  map_.next.uncontained = true;
  map_.Delete(2);
  map_.Read();
  map_.next.uncontained = false;
  map_.Delete(1, 50);
  EXPECT_EQ(map_.Held().removals, 2U);
  EXPECT_FALSE(map_.store.contains("user50@example.org"));
  map_.Insert(2);
  EXPECT_TRUE(map_.Passes());
  map_.Delete(2);
  EXPECT_TRUE(map_.Passes()) << "it was as the store has it";
}

TEST_F(JudgementTest, MoreKeysThanAreRememberedHoldTheMap) {
  const uint64_t many = GuardRecord::kMaxKeys + 1;
  map_.Fill(4 * many);
  map_.next.uncontained = true;
  map_.Delete(many);
  map_.Read();
  map_.next.uncontained = false;
  map_.Delete(1, 2 * many);
  EXPECT_EQ(map_.Held().removals, many + 1);
  map_.Insert(many);
  EXPECT_FALSE(map_.Passes()) << "which they were is not known";
}

TEST_F(JudgementTest, RemovalsWaitWhileAMapIsBroken) {
  map_.Fill(100);
  map_.next.removals_wait = true;
  map_.Delete(60);
  map_.Insert(1, 70, "other");
  map_.Insert(1, 500);
  const Judgement judgement = map_.Read();
  EXPECT_EQ(judgement.waiting_removals, 60U);
  EXPECT_FALSE(judgement.held.has_value()) << "what waits is not missing";
  EXPECT_EQ(map_.store.size(), 101U);
  EXPECT_EQ(map_.store.at("user70@example.org"), "other");
  map_.next.removals_wait = false;
  EXPECT_EQ(map_.Held().removals, 60U);
}

TEST_F(JudgementTest, AHeldMapIsNotReleasedByABrokenOne) {
  map_.Fill(100);
  map_.Delete(60);
  ASSERT_FALSE(map_.Passes());
  map_.next.removals_wait = true;
  EXPECT_EQ(map_.Held().removals, 60U);
}

TEST_F(JudgementTest, NewKeysWaitWhereTheyHaveTo) {
  map_.Fill(10);
  map_.next.removals_wait = true;
  map_.next.additions_wait = true;
  map_.Insert(2, 100);
  EXPECT_EQ(map_.Read().waiting_additions, 2U);
  EXPECT_EQ(map_.store.size(), 10U);
}

TEST_F(JudgementTest, AMapThatWasNeverFilledIsFilledAllTheSame) {
  map_.next.removals_wait = true;
  map_.next.additions_wait = true;
  map_.next.is_first_fill = true;
  map_.Insert(2);
  EXPECT_EQ(map_.Read().waiting_additions, 0U);
  EXPECT_EQ(map_.store.size(), 2U);
}

TEST_F(JudgementTest, ANewDefinitionWhoseKeysAreEqualPasses) {
  map_.Fill(100);
  map_.next.redefinition = Redefinition::kMapFile;
  map_.Insert(100, 0, "otherwise formatted");
  EXPECT_TRUE(map_.Passes());
}

TEST_F(JudgementTest, ANewCollationDoesNotLetValuesPass) {
  map_.Fill(100);
  map_.next.redefinition = Redefinition::kCollation;
  map_.Insert(100, 0, "other");
  EXPECT_TRUE(map_.Read().waits_whole);
}

TEST_F(JudgementTest, ANewDefinitionDoesNotEndAHold) {
  for (const Redefinition redefinition :
       {Redefinition::kCollation, Redefinition::kMapFile}) {
    for (const bool values : {true, false}) {
      Guard guard(0.5);
      GuardedMap map(&guard, &clock_);
      map.Fill(100);
      values ? map.Insert(100, 0, "other") : map.Delete(80);
      ASSERT_FALSE(map.Passes());
      map.next.redefinition = redefinition;
      const Judgement judgement = map.Read();
      EXPECT_TRUE(judgement.waits_whole);
      EXPECT_TRUE(judgement.held.has_value());
    }
  }
}

TEST_F(JudgementTest, ANewDefinitionWaitsForTheEndOfAHoldOfNothing) {
  map_.Fill(100);
  map_.Delete(50);
  ASSERT_TRUE(map_.Passes());
  map_.Delete(1, 50);
  ASSERT_FALSE(map_.Passes());
  map_.Insert(1, 50);
  ASSERT_EQ(map_.Held().removals, 0U);
  map_.next.redefinition = Redefinition::kMapFile;
  EXPECT_TRUE(map_.Read().waits_whole);
}

TEST_F(JudgementTest, ANewDefinitionWaitsWhereAnyOfItDoes) {
  map_.Fill(100);
  map_.next.redefinition = Redefinition::kMapFile;
  map_.next.removals_wait = true;
  map_.Delete(1);
  map_.Insert(3, 500);
  const Judgement judgement = map_.Read();
  EXPECT_TRUE(judgement.waits_whole);
  EXPECT_EQ(judgement.waiting_removals, 1U);
  EXPECT_EQ(judgement.waiting_additions, 3U);
  EXPECT_EQ(map_.store.size(), 100U);
}

// Otherwise each read would write into the store.
TEST_F(JudgementTest, WhatIsRememberedIsKeptOnlyWhereItChanged) {
  map_.Fill(100);
  EXPECT_FALSE(map_.Read().must_be_kept);
  map_.Delete(1);
  EXPECT_TRUE(map_.Read().must_be_kept);
  EXPECT_FALSE(map_.Read().must_be_kept);
  map_.Delete(80);
  EXPECT_TRUE(map_.Read().must_be_kept);
  EXPECT_FALSE(map_.Read().must_be_kept);
  clock_.Advance(absl::Hours(2));
  EXPECT_FALSE(map_.Read().must_be_kept);
}

}  // namespace
}  // namespace postmirror
