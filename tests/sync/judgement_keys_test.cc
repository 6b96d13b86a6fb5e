// Keys that are held each by itself: until when, and what becomes of them where
// their store is lost.
#include <gmock/gmock.h>

#include "sync/guard.h"
#include "sync/judgement.h"
#include "tests/sync/fake_clock.h"
#include "tests/sync/guarded_map.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class JudgementKeysTest : public ::testing::Test {
 protected:
  // What the first hundred have lost on a host that may lack something.
  void HoldUncontained(uint64_t removals, uint64_t values = 0) {
    map_.Fill(100);
    map_.next.uncontained = true;
    map_.Delete(removals);
    map_.Insert(values, 50, "older");
    map_.Read();
    map_.next.uncontained = false;
    ASSERT_EQ(map_.store.size(), 100U);
  }

  // The store is set aside, and the map is filled into another one.
  HeldChanges HeldOnceFilledAgain() {
    map_.store.clear();
    map_.next.is_first_fill = true;
    HeldChanges held = map_.Held();
    map_.next.is_first_fill = false;
    EXPECT_EQ(map_.store, map_.database);
    return held;
  }

  FakeClock clock_;
  Guard guard_{0.5};
  GuardedMap map_{&guard_, &clock_};
};

TEST_F(JudgementKeysTest, AHostThatContainsAllReleasesThem) {
  HoldUncontained(2, 1);
  EXPECT_FALSE(map_.Passes()) << "the host is still in doubt";
  map_.next.contained = true;
  EXPECT_TRUE(map_.Passes());
  map_.Insert(2);
  EXPECT_TRUE(map_.Passes());
}

TEST_F(JudgementKeysTest, OfAHostThatContainsAllTheOrdinaryRulesJudgeThem) {
  HoldUncontained(60);
  map_.next.contained = true;
  const HeldChanges held = map_.Held();
  EXPECT_EQ(held.removals, 60U);
  EXPECT_THAT(held.reason, HasSubstr("lacks 60 of the 100"));
  EXPECT_THAT(held.reason, Not(HasSubstr("may lack")));
  EXPECT_EQ(map_.store.size(), 100U);
}

TEST_F(JudgementKeysTest, WhatCameAfterAnAcceptIsHeldOnAHostThatContainsAll) {
  map_.next.contained = true;
  map_.Fill(100);
  map_.Delete(80);
  ASSERT_TRUE(map_.Accept(map_.Held()));
  map_.Delete(2, 90);
  EXPECT_EQ(map_.Held().removals, 2U);
  EXPECT_EQ(map_.Held().removals, 2U);
}

TEST_F(JudgementKeysTest, ALostStoreKeepsTheMapHeldUntilTheyAreBack) {
  HoldUncontained(40);
  EXPECT_THAT(HeldOnceFilledAgain().reason,
              HasSubstr("the store was lost, and 40 keys"));
  map_.Insert(39);
  EXPECT_THAT(map_.Held().reason, HasSubstr("and 1 keys"));
  map_.Insert(40);
  EXPECT_TRUE(map_.Passes());
}

TEST_F(JudgementKeysTest, ALostStoreKeepsTheMapHeldForValuesToo) {
  HoldUncontained(0, 3);
  EXPECT_THAT(HeldOnceFilledAgain().reason, HasSubstr("and 3 keys"));
  EXPECT_FALSE(map_.Passes());
  map_.next.contained = true;
  EXPECT_TRUE(map_.Passes());
}

TEST_F(JudgementKeysTest, ALostStoreKeepsTheMapHeldForWhatCameAfterAnAccept) {
  map_.next.contained = true;
  map_.Fill(100);
  map_.Delete(80);
  ASSERT_TRUE(map_.Accept(map_.Held()));
  map_.Delete(2, 90);
  ASSERT_EQ(map_.Held().removals, 2U);
  EXPECT_THAT(HeldOnceFilledAgain().reason, HasSubstr("and 2 keys"));
  const HeldChanges held = map_.Held();
  EXPECT_NE(held.digest, "");
  ASSERT_TRUE(map_.Accept(held));
  EXPECT_TRUE(map_.Passes());
}

TEST_F(JudgementKeysTest, WhatIsBackWhenTheMapIsFilledAgainIsNotHeld) {
  HoldUncontained(2);
  map_.Insert(2);
  EXPECT_EQ(HeldOnceFilledAgain(), HeldChanges());
}

}  // namespace
}  // namespace postmirror
