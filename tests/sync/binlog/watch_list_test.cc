#include "sync/binlog/watch_list.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

TEST(WatchListTest, FindsATableByBothNames) {
  const WatchList watched({{"mail", "aliases", {1}}, {"mail", "users", {0}}});
  EXPECT_EQ(watched.Find("mail", "users"), 1U);
  EXPECT_EQ(watched.Find("mail", "domains"), std::nullopt);
  EXPECT_EQ(watched.Find("other", "users"), std::nullopt);
}

TEST(WatchListTest, CaseOfAsciiDoesNotCount) {
  const WatchList watched(std::vector<WatchedTable>{{"Mail", "aliases", {}}});
  EXPECT_EQ(watched.Find("mAIL", "ALIASES"), 0U);
}

TEST(WatchedTableTest, ATableMapFitsByTheTypesOfItsFirstColumns) {
  const WatchedTable table = {.database = "mail",
                              .table = "aliases",
                              .columns = {1},
                              .shape = {.types = {"\x03", "", "\x0f\x8d"}}};
  EXPECT_TRUE(table.Fits("\x03\x01\x0f"));
  EXPECT_TRUE(table.Fits("\x03\x02\x8d"));
  EXPECT_TRUE(table.Fits("\x03\x01\x0f\x01"));
  EXPECT_FALSE(table.Fits("\x03\x01"));
  EXPECT_FALSE(table.Fits("\x03\x01\x03"));
  EXPECT_FALSE(table.Fits("\x0f\x03\x0f"));
  EXPECT_FALSE(table.Fits(""));
}

}  // namespace
}  // namespace postmirror
