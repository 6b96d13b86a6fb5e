#include "schema/runtime/clock.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace postmirror {
namespace {

Moment At(std::string boot_id, int since_boot_s, int wall_s) {
  return {std::move(boot_id), absl::Seconds(since_boot_s),
          absl::FromUnixSeconds(wall_s)};
}

TEST(ElapsedTest, IsBySinceBootWithinABoot) {
  EXPECT_EQ(Elapsed(At("a", 10, 1000), At("a", 15, 500)), absl::Seconds(5));
}

TEST(ElapsedTest, IsByTheWallClockAcrossBoots) {
  EXPECT_EQ(Elapsed(At("a", 100, 1000), At("b", 5, 1060)), absl::Seconds(60));
}

TEST(ElapsedTest, IsNeverNegative) {
  EXPECT_EQ(Elapsed(At("a", 10, 1000), At("a", 9, 2000)), absl::ZeroDuration());
}

TEST(ElapsedTest, IsInfiniteWhereTheClockWasSetBackBetweenTwoBoots) {
  EXPECT_EQ(Elapsed(At("a", 10, 1000), At("b", 20, 900)),
            absl::InfiniteDuration());
}

TEST(SystemClockTest, NamesTheBootOfTheKernel) {
  std::string boot_id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot_id);
  EXPECT_EQ(SystemClock().Now().boot_id, boot_id);
  EXPECT_FALSE(boot_id.empty());
}

TEST(SystemClockTest, NeverGoesBack) {
  const SystemClock clock;
  const Moment first = clock.Now();
  const Moment second = clock.Now();
  EXPECT_GT(first.since_boot, absl::ZeroDuration());
  EXPECT_GE(second.since_boot, first.since_boot);
}

TEST(SystemClockTest, KnowsTheWallClock) {
  // 2024: before this was written.
  EXPECT_GT(SystemClock().Now().wall, absl::FromUnixSeconds(1704067200));
}

}  // namespace
}  // namespace postmirror
