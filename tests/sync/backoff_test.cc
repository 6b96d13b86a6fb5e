#include "sync/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace postmirror {
namespace {

TEST(BackoffTest, GrowsFromATenthOfASecondToTen) {
  for (uint32_t seed = 1; seed < 100; ++seed) {
    Backoff backoff(absl::Seconds(10), seed);
    absl::Duration step = absl::Milliseconds(100);
    for (int i = 0; i < 20; ++i) {
      const absl::Duration wait = backoff.Next();
      EXPECT_GE(wait, step / 2) << i;
      EXPECT_LE(wait, step) << i;
      step = std::min(step * 2, absl::Seconds(10));
    }
  }
}

TEST(BackoffTest, BeginsAnewAfterReset) {
  Backoff backoff(absl::Seconds(10), 1);
  for (int i = 0; i < 20; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_LE(backoff.Next(), absl::Milliseconds(100));
}

TEST(BackoffTest, TwoProgramsDoNotReturnAtTheSameTime) {
  std::set<absl::Duration> waits;
  for (uint32_t seed = 1; seed <= 20; ++seed)
    waits.insert(Backoff(absl::Seconds(10), seed).Next());
  EXPECT_GT(waits.size(), 15U);
}

}  // namespace
}  // namespace postmirror
