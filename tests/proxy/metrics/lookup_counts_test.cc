#include "proxy/metrics/lookup_counts.h"

#include <gtest/gtest.h>

#include "schema/config/parameter.h"

namespace postmirror {
namespace {

class LookupCountsTest : public testing::Test {
 protected:
  LookupCountsTest() { counts_.Enable(true); }

  // All that were counted, by whatever they are counted.
  uint64_t All() const {
    uint64_t all = 0;
    for (const Protocol protocol : LookupCounts::kProtocols) {
      for (size_t i = 0; i < Parameters().size(); ++i) {
        for (const Outcome outcome : LookupCounts::kOutcomes) {
          all += counts_.lookups(protocol, i, outcome);
        }
      }
    }
    return all;
  }

  uint64_t AllTimed() const {
    uint64_t all = 0;
    for (size_t i = 0; i < LookupCounts::kBuckets; ++i) {
      all += counts_.durations(i);
    }
    return all;
  }

  LookupCounts counts_;
};

TEST_F(LookupCountsTest, EachKindOfLookupHasItsNumber) {
  counts_.BeginRead();
  uint64_t times = 0;
  for (const Protocol protocol : LookupCounts::kProtocols) {
    for (size_t i = 0; i < Parameters().size(); ++i) {
      for (const Outcome outcome : LookupCounts::kOutcomes) {
        ++times;
        for (uint64_t n = 0; n < times; ++n) {
          counts_.CountLookup(protocol, i, outcome);
        }
      }
    }
  }
  const size_t last = Parameters().size() - 1;
  EXPECT_EQ(counts_.lookups(Protocol::kTcpTable, 0, Outcome::kFound), 1U);
  EXPECT_EQ(counts_.lookups(Protocol::kTcpTable, 0, Outcome::kTemporary), 3U);
  EXPECT_EQ(counts_.lookups(Protocol::kTcpTable, 1, Outcome::kFound), 4U);
  EXPECT_EQ(counts_.lookups(Protocol::kSocketmap, last, Outcome::kNotFound),
            times - 1);
  EXPECT_EQ(counts_.lookups(Protocol::kSocketmap, last, Outcome::kTemporary),
            times);
  EXPECT_EQ(All(), times * (times + 1) / 2);
}

TEST_F(LookupCountsTest, EachLookupIsTimedOnce) {
  counts_.BeginRead();
  for (int i = 0; i < 100; ++i) {
    counts_.CountLookup(Protocol::kTcpTable, 0, Outcome::kFound);
  }
  EXPECT_EQ(AllTimed(), 100U);
  EXPECT_GT(counts_.nanoseconds(), 0U);
  EXPECT_LT(counts_.nanoseconds(), 60'000'000'000U);
}

TEST_F(LookupCountsTest, ABoundBelongsToItsBucket) {
  EXPECT_EQ(LookupCounts::BucketOf(0), 0U);
  EXPECT_EQ(LookupCounts::BucketOf(250), 0U);
  EXPECT_EQ(LookupCounts::BucketOf(251), 1U);
  EXPECT_EQ(LookupCounts::BucketOf(5'000), 4U);
  EXPECT_EQ(LookupCounts::BucketOf(1'000'000'000), LookupCounts::kBuckets - 2);
  EXPECT_EQ(LookupCounts::BucketOf(1'000'000'001), LookupCounts::kBuckets - 1);
}

TEST_F(LookupCountsTest, RefusedRequestsAreNoLookups) {
  counts_.BeginRead();
  counts_.CountRefused(Protocol::kSocketmap);
  counts_.CountRefused(Protocol::kSocketmap);
  EXPECT_EQ(counts_.refused(Protocol::kSocketmap), 2U);
  EXPECT_EQ(counts_.refused(Protocol::kTcpTable), 0U);
  EXPECT_EQ(All(), 0U);
}

TEST_F(LookupCountsTest, NothingIsCountedUnlessAskedFor) {
  counts_.Enable(false);
  counts_.BeginRead();
  counts_.CountLookup(Protocol::kTcpTable, 0, Outcome::kFound);
  counts_.CountRefused(Protocol::kTcpTable);
  EXPECT_EQ(All(), 0U);
  EXPECT_EQ(AllTimed(), 0U);
  EXPECT_EQ(counts_.refused(Protocol::kTcpTable), 0U);
}

TEST_F(LookupCountsTest, CountsAsManyAsItTimesWhenItIsEnabledMeanwhile) {
  counts_.Enable(false);
  counts_.BeginRead();
  counts_.Enable(true);
  counts_.CountLookup(Protocol::kTcpTable, 0, Outcome::kFound);
  counts_.BeginRead();
  counts_.CountLookup(Protocol::kTcpTable, 0, Outcome::kFound);
  EXPECT_EQ(All(), 1U);
  EXPECT_EQ(AllTimed(), 1U);
}

}  // namespace
}  // namespace postmirror
