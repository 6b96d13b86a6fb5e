#include "sync/doorbell.h"

#include <gtest/gtest.h>

#include <thread>

namespace postmirror {
namespace {

TEST(DoorbellTest, ARingBeforeTheWaitIsHeardOnce) {
  Doorbell doorbell;
  doorbell.Ring();
  doorbell.Ring();
  EXPECT_TRUE(doorbell.WaitFor(absl::Hours(1)));
  EXPECT_FALSE(doorbell.WaitFor(absl::ZeroDuration()));
}

TEST(DoorbellTest, ARingEndsTheWaitOfAnotherThread) {
  Doorbell doorbell;
  std::thread visitor([&] { doorbell.Ring(); });
  EXPECT_TRUE(doorbell.WaitFor(absl::Hours(1)));
  visitor.join();
}

}  // namespace
}  // namespace postmirror
