#include "sync/entry_length.h"

#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "schema/store/entry.h"
#include "tests/sync/map_rows.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Which entry is found to be too long; "" for none.
std::string TooLong(const KeyValues& rows, const EntryRules& rules = {}) {
  return std::string(CheckEntryLengths(PackRows(rows), rules).message());
}

std::string Long(size_t bytes) { return std::string(bytes, 'x'); }

// `count` rows of a key, each with a value of so many bytes, between others.
KeyValues Joined(const std::string& key, size_t count, size_t bytes) {
  KeyValues rows;
  for (size_t i = 0; i < count; ++i) {
    rows.emplace_back(key, Long(bytes));
    rows.emplace_back(absl::StrCat(i % 2 == 0 ? "a" : "z", i), Long(bytes));
  }
  return rows;
}

TEST(EntryLengthTest, AnEntryMayHaveAllThatIsAnswered) {
  // The tag is one more byte.
  EXPECT_EQ(TooLong({{"k", Long(kMaxEntryBytes - 1)}, {"l", "v"}}), "");
  EXPECT_THAT(TooLong({{"a", "v"}, {"k", Long(kMaxEntryBytes)}}),
              AllOf(HasSubstr("key 'k'"), HasSubstr("too long: 16777217 bytes"),
                    HasSubstr("16777216 are allowed")));
}

TEST(EntryLengthTest, TheRowsOfAKeyAreAddedUpWithTheirCommas) {
  constexpr size_t kRows = 1024;
  constexpr size_t kBytes = kMaxEntryBytes / kRows - 1;
  EXPECT_EQ(TooLong(Joined("k", kRows, kBytes)), "");
  EXPECT_THAT(TooLong(Joined("k", kRows + 1, kBytes)), HasSubstr("key 'k'"));
  // The first and the last of all keys.
  EXPECT_THAT(TooLong(Joined("A", kRows + 1, kBytes)), HasSubstr("key 'A'"));
  EXPECT_THAT(TooLong(Joined("zz", kRows + 1, kBytes)), HasSubstr("key 'zz'"));
}

TEST(EntryLengthTest, ShortValuesAmongOneThatIsLongAreAddedUpAsWell) {
  KeyValues rows = Joined("k", 300, 60000);
  rows.emplace_back("l", Long(kMaxEntryBytes / 2));
  EXPECT_THAT(TooLong(rows), HasSubstr("key 'k'"));
}

TEST(EntryLengthTest, RowsOfDifferentKeysAreNotAddedUp) {
  KeyValues rows;
  for (int i = 0; i < 3000; ++i) {
    rows.emplace_back(absl::StrCat("k", i), Long(10000));
  }
  EXPECT_EQ(TooLong(rows), "");
}

TEST(EntryLengthTest, WhatIsOverTheExpansionLimitIsNotLong) {
  const KeyValues rows = Joined("k", 300, 60000);
  EXPECT_EQ(TooLong(rows, {.expansion_limit = 299}), "");
  EXPECT_THAT(TooLong(rows, {.expansion_limit = 300}), HasSubstr("key 'k'"));
}

TEST(EntryLengthTest, AKeyIsQuotedInOneLine) {
  const std::string key = absl::StrCat("a\n", Long(400));
  const absl::Status status = EntryTooLong(key, 1);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'a\\nxxx"));
  EXPECT_LT(status.message().size(), 200U);
}

}  // namespace
}  // namespace postmirror
