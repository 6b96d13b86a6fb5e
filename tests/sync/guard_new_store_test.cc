// What the guard makes of a store, or a collation, that takes the place of
// another.
#include <gmock/gmock.h>

#include "sync/guard.h"
#include "tests/sync/fake_clock.h"
#include "tests/sync/guarded_map.h"

namespace postmirror {
namespace {

class GuardNewStoreTest : public ::testing::Test {
 protected:
  // The next process's guard, with what this one left in the store.
  void Restart() {
    const GuardRecord record = *guard_.Record(map_.name());
    guard_ = Guard(0.5);
    guard_.Restore(map_.name(), record);
  }

  // The store is gone, and filled with what the database has.
  Judgement FillNewStore() {
    map_.store.clear();
    guard_.NoteNewStore();
    map_.next.is_first_fill = true;
    Judgement judgement = map_.Read();
    map_.next.is_first_fill = false;
    return judgement;
  }

  FakeClock clock_;
  Guard guard_{0.5};
  GuardedMap map_{&guard_, &clock_};
};

// Which keys waited only the process that held them knew.
TEST_F(GuardNewStoreTest, AHoldOfAnEarlierProcessOutlivesItsStore) {
  map_.Fill(4);
  map_.Delete(3);
  ASSERT_FALSE(map_.Passes());
  Restart();
  EXPECT_TRUE(FillNewStore().held.has_value());
  EXPECT_TRUE(map_.Read().held.has_value());
  EXPECT_TRUE(map_.Accept(map_.Held()));
  EXPECT_TRUE(map_.Passes());
}

// Their digests are of keys by the collation of before.
TEST_F(GuardNewStoreTest, ANewCollationTakesWhatWasMissingWithIt) {
  map_.Fill(40);
  map_.Delete(8);
  ASSERT_TRUE(map_.Passes());
  map_.next.by_stored = true;
  ASSERT_TRUE(map_.Passes());
  EXPECT_TRUE(guard_.Record(map_.name())->missing.empty());
}

TEST_F(GuardNewStoreTest, ANewCollationThatWaitsTakesNothingWithIt) {
  map_.Fill(40);
  map_.Delete(8);
  ASSERT_TRUE(map_.Passes());
  map_.Delete(22, 8);
  map_.next.by_stored = true;
  ASSERT_FALSE(map_.Passes());
  EXPECT_EQ(guard_.Record(map_.name())->missing.count(), 8U);
}

}  // namespace
}  // namespace postmirror
