#include "sync/key_traces.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/sync/fake_clock.h"

namespace postmirror {
namespace {

std::vector<KeyEntry> Keys(uint64_t count, uint64_t first = 0) {
  std::vector<KeyEntry> keys;
  for (uint64_t i = first; i < first + count; ++i) keys.push_back({i, i + 1});
  return keys;
}

class KeyTracesTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  KeyTraces traces_;
};

TEST_F(KeyTracesTest, RemembersTheEntryOfBefore) {
  traces_.Add({{9, 90}, {4, 40}}, clock_.Now());
  traces_.Add({{4, 41}}, clock_.Now());
  EXPECT_EQ(traces_.count(), 2U);
  EXPECT_EQ(traces_.EntryBefore(9), 90U);
  EXPECT_EQ(traces_.EntryBefore(4), 40U) << "the first of the hour";
  EXPECT_EQ(traces_.EntryBefore(5), std::nullopt);
  traces_.Forget(KeySet({9, 5}));
  EXPECT_EQ(traces_.EntryBefore(9), std::nullopt);
  EXPECT_EQ(traces_.count(), 1U);
}

TEST_F(KeyTracesTest, EachKeyIsRememberedForAnHour) {
  traces_.Add(Keys(3), clock_.Now());
  clock_.Advance(absl::Minutes(50));
  traces_.Add(Keys(3, 2), clock_.Now());
  clock_.Advance(absl::Minutes(11));
  traces_.Expire(clock_.Now());
  EXPECT_EQ(traces_.count(), 3U) << "key 2 was seen again";
  clock_.Advance(absl::Minutes(50));
  traces_.Expire(clock_.Now());
  EXPECT_TRUE(traces_.empty());
}

TEST_F(KeyTracesTest, KeysOfHalfAMinuteShareAMoment) {
  for (uint64_t i = 0; i < 3600; ++i) {
    traces_.Add(Keys(1, i), clock_.Now());
    traces_.Expire(clock_.Now());
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(traces_.count(), 3600U);
  EXPECT_LE(traces_.stretches().size(), 121U);
}

TEST_F(KeyTracesTest, OfMoreKeysTheNumberIsRemembered) {
  traces_.Add(Keys(KeyTraces::kMaxKeys + 5), clock_.Now());
  EXPECT_EQ(traces_.traces().size(), KeyTraces::kMaxKeys);
  EXPECT_EQ(traces_.count(), KeyTraces::kMaxKeys + 5);
  clock_.Advance(absl::Minutes(61));
  traces_.Expire(clock_.Now());
  EXPECT_TRUE(traces_.empty());
}

}  // namespace
}  // namespace postmirror
