#include "sync/entry_walk.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "schema/store/entry.h"
#include "tests/sync/map_rows.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Entries(const PackedRows& rows,
                                 const EntryRules& rules = {}) {
  std::vector<std::string> entries;
  EntryWalk walk(rows, rules);
  while (walk.Next()) {
    entries.push_back(absl::StrCat(walk.key(), " ", walk.entry()));
  }
  return entries;
}

TEST(EntryWalkTest, NoRowsAreNoEntries) {
  EXPECT_THAT(Entries(PackRows({})), ElementsAre());
}

TEST(EntryWalkTest, JoinsTheRowsOfAKeyByCommasInTheirOrder) {
  EXPECT_THAT(
      Entries(PackRows({{"b", "2"}, {"a", "z"}, {"b", "1"}, {"a", "y"}})),
      ElementsAre("a =z,y", "b =2,1"));
}

TEST(EntryWalkTest, AsManyValuesAsExpansionLimitAreJoined) {
  const PackedRows rows = PackRows({{"a", "1"}, {"a", "2"}, {"b", "3"}});
  EXPECT_THAT(Entries(rows, {.expansion_limit = 2}),
              ElementsAre("a =1,2", "b =3"));
}

TEST(EntryWalkTest, MoreValuesThanExpansionLimitAreTemporary) {
  const PackedRows rows =
      PackRows({{"a", "1"}, {"a", "2"}, {"a", "3"}, {"b", "4"}});
  EXPECT_THAT(Entries(rows, {.expansion_limit = 2}),
              ElementsAre("a !", "b =4"));
}

TEST(EntryWalkTest, ExpansionLimitCountsTheColumnValuesOfARow) {
  PackedRows rows;
  rows.Add("a", "1,2", 2);
  rows.Add("a", "3", 1);
  rows.Sort();
  EXPECT_THAT(Entries(rows, {.expansion_limit = 2}), ElementsAre("a !"));
  EXPECT_THAT(Entries(rows, {.expansion_limit = 3}), ElementsAre("a =1,2,3"));
}

TEST(EntryWalkTest, ExpansionLimitZeroIsNone) {
  PackedRows rows;
  for (int i = 0; i < 2000; ++i) rows.Add("a", "v", 1);
  rows.Sort();
  EXPECT_EQ(Entries(rows).front().size(), 3 + 2 * 2000 - 1U);
}

TEST(EntryWalkTest, AValueThatIsNoUtf8IsTemporaryWhereUtf8IsAskedFor) {
  const PackedRows rows =
      PackRows({{"a", "ok"}, {"a", "gr\xfc\xdf"}, {"b", "ok"}});
  EXPECT_THAT(Entries(rows, {.utf8 = true}), ElementsAre("a !", "b =ok"));
  EXPECT_THAT(Entries(rows, {.utf8 = false}),
              ElementsAre("a =ok,gr\xfc\xdf", "b =ok"));
}

TEST(EntryWalkTest, TheTemporaryMarkIsTheStores) {
  const PackedRows rows = PackRows({{"a", "\xff"}});
  EntryWalk walk(rows, {});
  ASSERT_TRUE(walk.Next());
  EXPECT_EQ(walk.entry(), kTemporaryEntry);
}

TEST(EntryWalkTest, SeekGoesToTheEntryOfThatFirstRow) {
  const PackedRows rows =
      PackRows({{"a", "1"}, {"a", "2"}, {"b", "3"}, {"c", "4"}});
  EntryWalk walk(rows, {});
  walk.Seek(2);
  EXPECT_EQ(walk.key(), "b");
  EXPECT_EQ(walk.entry(), "=3");
  EXPECT_EQ(walk.first_row(), 2U);
  walk.Seek(0);
  EXPECT_EQ(walk.entry(), "=1,2");
  ASSERT_TRUE(walk.Next());
  EXPECT_EQ(walk.key(), "b");
}

}  // namespace
}  // namespace postmirror
