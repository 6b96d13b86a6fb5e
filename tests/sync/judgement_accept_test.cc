// What an accept takes, and what it does not.
#include <gmock/gmock.h>

#include "sync/guard.h"
#include "sync/judgement.h"
#include "tests/sync/fake_clock.h"
#include "tests/sync/guarded_map.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

class JudgementAcceptTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  Guard guard_{0.5};
  GuardedMap map_{&guard_, &clock_};
};

TEST_F(JudgementAcceptTest, AcceptReleasesTheSameKeys) {
  map_.Fill(100);
  map_.Delete(100);
  const HeldChanges held = map_.Held();
  ASSERT_TRUE(map_.Accept(held));
  const Judgement judgement = map_.Read();
  EXPECT_EQ(judgement.accept, (AcceptOutcome{true, "", 100, 0}));
  EXPECT_FALSE(judgement.held.has_value());
  EXPECT_TRUE(map_.store.empty());
}

TEST_F(JudgementAcceptTest, AcceptReleasesFewerOfTheSameKeys) {
  map_.Fill(100);
  map_.Delete(80);
  ASSERT_TRUE(map_.Accept(map_.Held()));
  map_.Insert(20);
  EXPECT_TRUE(map_.Passes());
}

TEST_F(JudgementAcceptTest, AcceptTakesWhatWasSeenAndHoldsTheRest) {
  map_.Fill(100);
  map_.Delete(80);
  ASSERT_TRUE(map_.Accept(map_.Held()));
  map_.Delete(2, 90);
  const Judgement judgement = map_.Read();
  EXPECT_EQ(judgement.accept, (AcceptOutcome{true, "", 80, 0}));
  ASSERT_TRUE(judgement.held.has_value());
  EXPECT_EQ(judgement.held->removals, 2U);
  EXPECT_EQ(map_.store.size(), 20U);
  map_.Delete(1, 95);
  EXPECT_EQ(map_.Held().removals, 2U) << "others go by the ordinary rules";
  ASSERT_TRUE(map_.Accept(map_.Held()));
  EXPECT_TRUE(map_.Passes());
}

TEST_F(JudgementAcceptTest, WhatIsHeldAfterAnAcceptEndsWhenItIsBack) {
  map_.Fill(100);
  map_.Delete(80);
  ASSERT_TRUE(map_.Accept(map_.Held()));
  map_.Delete(2, 90);
  map_.Read();
  map_.Insert(2, 90);
  EXPECT_TRUE(map_.Passes());
}

TEST_F(JudgementAcceptTest, AcceptTakesChangedValues) {
  map_.Fill(100);
  map_.Insert(100, 0, "other");
  ASSERT_TRUE(map_.Accept(map_.Held()));
  EXPECT_EQ(map_.Read().accept, (AcceptOutcome{true, "", 0, 100}));
  EXPECT_EQ(map_.store, map_.database);
}

TEST_F(JudgementAcceptTest, AcceptIsGoodForTheNextChangeSetOnly) {
  map_.Fill(100);
  map_.Delete(80);
  ASSERT_TRUE(map_.Accept(map_.Held()));
  map_.Read();
  EXPECT_FALSE(map_.Read().accept.has_value());
}

TEST_F(JudgementAcceptTest, AcceptOfWhatIsNotHeldIsRefused) {
  EXPECT_FALSE(map_.Accept(HeldChanges{}));
  map_.Fill(100);
  map_.Delete(80);
  const HeldChanges held = map_.Held();
  HeldChanges other = held;
  ++other.removals;
  EXPECT_FALSE(map_.Accept(other));
  other = held;
  ++other.values;
  EXPECT_FALSE(map_.Accept(other));
  other = held;
  other.digest = "0123456789abcdef";
  EXPECT_FALSE(map_.Accept(other));
  EXPECT_FALSE(guard_.Accept("/other.cf", 80, 0, held.digest));
  EXPECT_FALSE(map_.Passes());
}

TEST_F(JudgementAcceptTest, AfterAnAcceptTheNewCountIsTheMeasure) {
  map_.Fill(1000);
  map_.Delete(900);
  ASSERT_TRUE(map_.Accept(map_.Held()));
  ASSERT_TRUE(map_.Passes());
  map_.Delete(50, 900);
  EXPECT_TRUE(map_.Passes());
  map_.Delete(26, 950);
  EXPECT_FALSE(map_.Passes());
}

TEST_F(JudgementAcceptTest, AnAcceptThatIsWithdrawnReleasesNothing) {
  map_.Fill(100);
  map_.Delete(80);
  ASSERT_TRUE(map_.Accept(map_.Held()));
  guard_.WithdrawAccept("/other.cf");
  guard_.WithdrawAccept(map_.name());
  EXPECT_FALSE(map_.Passes());
}

TEST_F(JudgementAcceptTest, AWithdrawalIsForOneMap) {
  map_.Fill(100);
  map_.Delete(80);
  ASSERT_TRUE(map_.Accept(map_.Held()));
  guard_.WithdrawAccept("/other.cf");
  EXPECT_TRUE(map_.Passes());
}

// The keys that the administrator saw are known by their digest alone.
TEST_F(JudgementAcceptTest, WhatAnEarlierProcessShowedCanBeAccepted) {
  for (const bool same : {true, false}) {
    GuardedMap map(&guard_, &clock_, same ? "/a.cf" : "/b.cf");
    map.Fill(100);
    map.Delete(80);
    const HeldChanges seen = map.Held();
    Guard later(0.5);
    later.Restore(map.name(), *guard_.Record(map.name()));
    GuardedMap again(&later, &clock_, map.name());
    again.database = map.database;
    again.store = map.store;
    if (!same) again.Delete(1, 90);
    ASSERT_TRUE(again.Accept(seen));
    EXPECT_EQ(again.Passes(), same);
  }
}

TEST_F(JudgementAcceptTest, RemovalsAreNotAcceptedWhileAMapIsBroken) {
  map_.Fill(100);
  map_.Delete(60);
  ASSERT_TRUE(map_.Accept(map_.Held()));
  map_.next.removals_wait = true;
  const Judgement judgement = map_.Read();
  ASSERT_TRUE(judgement.accept.has_value());
  EXPECT_FALSE(judgement.accept->taken);
  EXPECT_THAT(judgement.accept->refusal, HasSubstr("cannot be read"));
  EXPECT_EQ(map_.store.size(), 100U);
}

TEST_F(JudgementAcceptTest, ANewDefinitionIsAcceptedAsAWholeOrNot) {
  map_.Fill(100);
  map_.next.redefinition = Redefinition::kMapFile;
  map_.Delete(80);
  ASSERT_TRUE(map_.Accept(map_.Held()));
  map_.Delete(1, 90);
  Judgement judgement = map_.Read();
  EXPECT_TRUE(judgement.waits_whole);
  EXPECT_FALSE(judgement.accept->taken);
  ASSERT_TRUE(map_.Accept(*judgement.held));
  judgement = map_.Read();
  EXPECT_FALSE(judgement.waits_whole);
  EXPECT_EQ(map_.store, map_.database);
}

TEST_F(JudgementAcceptTest, KeysThatAreHeldAreTakenByAnAccept) {
  map_.Fill(100);
  map_.next.uncontained = true;
  map_.Delete(2);
  map_.Read();
  map_.next.uncontained = false;
  ASSERT_TRUE(map_.Accept(map_.Held()));
  EXPECT_TRUE(map_.Passes());
}

}  // namespace
}  // namespace postmirror
