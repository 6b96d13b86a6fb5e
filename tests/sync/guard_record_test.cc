#include "sync/guard_record.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/sync/fake_clock.h"

namespace postmirror {
namespace {

GuardRecord Everything() {
  const FakeClock clock;
  GuardRecord record;
  record.counts = {{1000, clock.Now()}, {900, clock.Now()}};
  record.missing.Add({{7, 70}, {3, 30}}, clock.Now());
  record.changed.Add({{5, 50}}, clock.Now());
  Hold& hold = record.hold.emplace();
  hold.removals = true;
  hold.values = true;
  hold.unknown = true;
  hold.measure = 1000;
  hold.newcomers = KeySet({9, 8});
  record.held_keys.uncontained = KeySet({1, 2});
  record.held_keys.later = KeySet({4});
  record.held_keys.gone = KeySet({2});
  return record;
}

TEST(GuardRecordTest, IsDecodedAsItWasEncoded) {
  for (const GuardRecord& record : {GuardRecord(), Everything()}) {
    const absl::StatusOr<GuardRecord> decoded =
        DecodeGuardRecord(EncodeGuardRecord(record));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, record);
  }
}

TEST(GuardRecordTest, APartOfItIsDamage) {
  const std::string bytes = EncodeGuardRecord(Everything());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(
        absl::IsDataLoss(DecodeGuardRecord(bytes.substr(0, size)).status()))
        << size;
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodeGuardRecord(bytes + "x").status()));
}

// Its digest tells before that; but what is decoded must never be too much.
TEST(GuardRecordTest, AnyByteMayBeAnother) {
  const std::string bytes = EncodeGuardRecord(Everything());
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string other = bytes;
    other[at] = static_cast<char>(other[at] ^ '\xff');
    DecodeGuardRecord(other).status().IgnoreError();
  }
}

TEST(GuardRecordTest, AnotherVersionIsNotGuessedAt) {
  std::string bytes = EncodeGuardRecord(Everything());
  bytes[0] = 2;
  EXPECT_TRUE(absl::IsDataLoss(DecodeGuardRecord(bytes).status()));
}

TEST(GuardRecordTest, MeasuresByTheLargestCountOfTheHour) {
  FakeClock clock;
  GuardRecord record;
  EXPECT_EQ(record.Measure(5), 5U);
  record.Fell(1000, clock.Now());
  clock.Advance(absl::Minutes(30));
  record.Fell(900, clock.Now());
  EXPECT_EQ(record.Measure(800), 1000U);
  EXPECT_EQ(record.Measure(1100), 1100U);
  clock.Advance(absl::Minutes(31));
  record.Expire(clock.Now());
  EXPECT_EQ(record.Measure(800), 900U);
}

TEST(GuardRecordTest, WhatHoldsTheMapIsNotForgotten) {
  FakeClock clock;
  GuardRecord record = Everything();
  record.hold->values = false;
  clock.Advance(absl::Hours(2));
  record.Expire(clock.Now());
  EXPECT_EQ(record.missing.count(), 2U);
  EXPECT_TRUE(record.changed.empty());
  EXPECT_TRUE(record.counts.empty());
}

}  // namespace
}  // namespace postmirror
