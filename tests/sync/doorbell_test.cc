#include "sync/doorbell.h"

#include <gtest/gtest.h>

#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace postmirror {
namespace {

constexpr absl::Duration kLong = absl::Seconds(20);

// A ring that does not end the wait is heard at its end, too late.
bool HearsBeforeTheEnd(Doorbell* doorbell) {
  const absl::Time end = absl::Now() + kLong;
  return doorbell->WaitFor(kLong) && absl::Now() < end;
}

TEST(DoorbellTest, ARingBeforeTheWaitIsHeardOnce) {
  Doorbell doorbell;
  doorbell.Ring();
  doorbell.Ring();
  EXPECT_TRUE(HearsBeforeTheEnd(&doorbell));
  EXPECT_FALSE(doorbell.WaitFor(absl::ZeroDuration()));
}

TEST(DoorbellTest, ARingEndsTheWaitOfAnotherThread) {
  Doorbell doorbell;
  std::thread visitor([&] { doorbell.Ring(); });
  EXPECT_TRUE(HearsBeforeTheEnd(&doorbell));
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
  const absl::Time end = absl::Now() + kLong;
  std::thread visitor([&] {
    for (int i = 0; i < 1000 && absl::Now() < end; ++i) {
      if (there.WaitFor(kLong)) back.Ring();
    }
  });
  for (int i = 0; i < 1000 && absl::Now() < end; ++i) {
    there.Ring();
    EXPECT_TRUE(back.WaitFor(kLong));
  }
  visitor.join();
  EXPECT_LT(absl::Now(), end);
}

}  // namespace
}  // namespace postmirror
