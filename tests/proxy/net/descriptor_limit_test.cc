#include "proxy/net/descriptor_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace postmirror {
namespace {

class DescriptorLimitTest : public testing::Test {
 protected:
  DescriptorLimitTest() { getrlimit(RLIMIT_NOFILE, &before_); }
  ~DescriptorLimitTest() override { setrlimit(RLIMIT_NOFILE, &before_); }

  static rlim_t Soft() {
    rlimit limit = {};
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
  }

  rlimit before_ = {};
};

TEST_F(DescriptorLimitTest, IsRaised) {
  const rlimit low = {.rlim_cur = 64, .rlim_max = before_.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(RaiseDescriptorLimit(128), 128);
  EXPECT_EQ(Soft(), 128U);
}

TEST_F(DescriptorLimitTest, IsNeverLowered) {
  const rlim_t before = Soft();
  EXPECT_EQ(static_cast<rlim_t>(RaiseDescriptorLimit(16)), before);
  EXPECT_EQ(Soft(), before);
}

TEST_F(DescriptorLimitTest, IsRaisedAsFarAsItMayBe) {
  constexpr int kBeyondTheKernel = 2000000000;
  const int limit = RaiseDescriptorLimit(kBeyondTheKernel);
  EXPECT_LT(limit, kBeyondTheKernel);
  EXPECT_EQ(static_cast<rlim_t>(limit), Soft());
  EXPECT_EQ(Soft(), before_.rlim_max);
}

}  // namespace
}  // namespace postmirror
