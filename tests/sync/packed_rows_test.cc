#include "sync/packed_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

TEST(PackedRowsTest, NoRowsAreNoRows) {
  PackedRows rows;
  rows.Sort();
  EXPECT_EQ(rows.size(), 0U);
}

TEST(PackedRowsTest, KeepsKeyValueAndNumberOfValues) {
  PackedRows rows;
  rows.Add("info@example.org", "john@example.org,jane@example.org", 2);
  rows.Sort();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.row(0).key, "info@example.org");
  EXPECT_EQ(rows.row(0).value, "john@example.org,jane@example.org");
  EXPECT_EQ(rows.row(0).values, 2U);
}

TEST(PackedRowsTest, OrdersKeysByTheirBytesAsTheStoreDoes) {
  PackedRows rows;
  for (const char* key : {"b", "\xc3\xa4", "ab", "a", "\x7f", "B"}) {
    rows.Add(key, "v", 1);
  }
  rows.Sort();
  std::string order;
  for (size_t i = 0; i < rows.size(); ++i) {
    absl::StrAppend(&order, rows.row(i).key, " ");
  }
  EXPECT_EQ(order, "B a ab b \x7f \xc3\xa4 ");
}

TEST(PackedRowsTest, SaysWhatItTakesAndItsLongestValue) {
  PackedRows rows;
  EXPECT_EQ(rows.memory_bytes(), 0U);
  EXPECT_EQ(rows.longest_value(), 0U);
  const std::string value(1000, 'v');
  for (int i = 0; i < 5000; ++i) rows.Add("key", value, 1);
  rows.Add("key", "v", 1);
  EXPECT_GE(rows.memory_bytes(), 5000 * (1003 + 12U));
  EXPECT_LE(rows.memory_bytes(), 5001 * (1003 + 12U + 8));
  EXPECT_EQ(rows.longest_value(), 1000U);
}

// Enough rows for a sort that is not stable to mix them up, in several chunks.
TEST(PackedRowsTest, RowsOfOneKeyStayInTheOrderInWhichTheyWereAdded) {
  const std::string filler(10000, 'x');
  PackedRows rows;
  for (int i = 0; i < 900; ++i) {
    rows.Add(absl::StrCat("key", i % 3), absl::StrCat(1000 + i, filler), 1);
  }
  rows.Sort();
  ASSERT_EQ(rows.size(), 900U);
  for (size_t i = 1; i < rows.size(); ++i) {
    const PackedRows::Row before = rows.row(i - 1);
    const PackedRows::Row after = rows.row(i);
    ASSERT_LE(before.key, after.key);
    if (before.key != after.key) continue;
    ASSERT_LT(before.value, after.value) << i;
  }
}

// Rows of all sizes, keys that share their beginnings, a dozen of chunks.
TEST(PackedRowsTest, AgreesWithAStableSort) {
  std::mt19937 random(7);
  PackedRows rows;
  std::vector<std::tuple<std::string, std::string, size_t>> expected;
  for (size_t i = 0; i < 30000; ++i) {
    const size_t bytes =
        random() % 100 == 0 ? random() % 40000 : random() % 200;
    std::string key(random() % 30, 'k');
    absl::StrAppend(&key, random() % 500);
    expected.emplace_back(key, absl::StrCat(i, std::string(bytes, 'v')),
                          i % 70000 * (random() % 9));
    const auto& [same, value, values] = expected.back();
    rows.Add(same, value, values);
  }
  std::stable_sort(expected.begin(), expected.end(),
                   [](const auto& a, const auto& b) {
                     return std::get<0>(a) < std::get<0>(b);
                   });
  rows.Sort();
  ASSERT_EQ(rows.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const PackedRows::Row row = rows.row(i);
    ASSERT_EQ(row.key, std::get<0>(expected[i]));
    ASSERT_EQ(row.value, std::get<1>(expected[i]));
    ASSERT_EQ(row.values, std::min<size_t>(65535, std::get<2>(expected[i])));
  }
}

TEST(PackedRowsTest, ARowMayBeLargerThanAChunk) {
  const std::string large(5 << 20, 'x');
  PackedRows rows;
  rows.Add("a", "small", 1);
  rows.Add("b", large, 1);
  rows.Add("c", "small", 1);
  rows.Sort();
  EXPECT_EQ(rows.row(0).value, "small");
  EXPECT_EQ(rows.row(1).value, large);
  EXPECT_EQ(rows.row(2).value, "small");
}

TEST(PackedRowsTest, AnEmptyValueIsKept) {
  PackedRows rows;
  rows.Add(std::string(511, 'k'), "", 0);
  rows.Sort();
  EXPECT_EQ(rows.row(0).key.size(), 511U);
  EXPECT_EQ(rows.row(0).value, "");
}

}  // namespace
}  // namespace postmirror
