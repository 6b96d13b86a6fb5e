#include "sync/doorbell.h"

#include <gtest/gtest.h>

#include <thread>

namespace postmirror {
namespace {

TEST(DoorbellTest, ARingBeforeTheWaitIsHeardOnce) {
  Doorbell doorbell;
  doorbell.Ring();
  doorbell.Ring();
  EXPECT_TRUE(doorbell.WaitFor(absl::Seconds(20)));
  EXPECT_FALSE(doorbell.WaitFor(absl::ZeroDuration()));
}

TEST(DoorbellTest, ARingEndsTheWaitOfAnotherThread) {
  Doorbell doorbell;
  std::thread visitor([&] { doorbell.Ring(); });
  EXPECT_TRUE(doorbell.WaitFor(absl::Seconds(20)));
  visitor.join();
}

TEST(DoorbellTest, AWaitWithoutARingEndsAtItsTime) {
  Doorbell doorbell;
  EXPECT_FALSE(doorbell.WaitFor(absl::Milliseconds(1)));
  doorbell.Ring();
  EXPECT_TRUE(doorbell.WaitFor(absl::ZeroDuration()));
}

// In so many rounds some rings come before the wait and some within it.
TEST(DoorbellTest, OfManyRingsBetweenTwoThreadsNoneIsLost) {
  Doorbell there;
  Doorbell back;
  bool heard_there = true;
  std::thread visitor([&] {
    for (int i = 0; i < 1000 && heard_there; ++i) {
      heard_there = there.WaitFor(absl::Seconds(20));
      if (heard_there) back.Ring();
    }
  });
  bool heard_back = true;
  for (int i = 0; i < 1000 && heard_back; ++i) {
    there.Ring();
    heard_back = back.WaitFor(absl::Seconds(20));
  }
  visitor.join();
  EXPECT_TRUE(heard_there);
  EXPECT_TRUE(heard_back);
}

}  // namespace
}  // namespace postmirror
