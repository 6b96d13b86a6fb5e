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

}  // namespace
}  // namespace postmirror
