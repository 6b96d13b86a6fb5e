#include "schema/runtime/metric_family.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postmirror {
namespace {

using ::testing::ElementsAre;

TEST(MetricFamilyTest, ASampleHasItsLabelsAndItsValue) {
  MetricFamily family;
  family.Add({{"map", "/a.cf"}}, 3);
  ASSERT_EQ(family.samples.size(), 1U);
  EXPECT_THAT(family.samples[0].labels,
              ElementsAre(MetricLabel{"map", "/a.cf"}));
  EXPECT_EQ(family.samples[0].value, 3);
}

TEST(MetricFamilyTest, ABucketHoldsThoseBelowItToo) {
  MetricFamily family;
  const double bounds[] = {0.1, 1};
  const uint64_t counts[] = {5, 0, 2};
  family.AddHistogram({}, bounds, counts, 21);
  ASSERT_EQ(family.samples.size(), 1U);
  EXPECT_THAT(family.samples[0].buckets,
              ElementsAre(MetricBucket{0.1, 5}, MetricBucket{1, 5}));
  EXPECT_EQ(family.samples[0].count, 7U) << "those beyond every bound, too";
  EXPECT_EQ(family.samples[0].value, 21);
}

}  // namespace
}  // namespace postmirror
