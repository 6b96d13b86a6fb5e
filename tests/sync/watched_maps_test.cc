#include "sync/watched_maps.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace postmirror {
namespace {

using ::testing::ElementsAre;

const TableName kUsers = {"mail", "users"};
const TableName kDomains = {"mail", "domains"};

MapTables Keyed(const TableName& table, size_t column,
                HintText text = HintText::kUtf8) {
  return {.tables = {{table, {}}},
          .hints = KeyHints{.column = column, .text = text}};
}

// The scopes that a change of the table makes; `values` of each of its columns.
std::vector<MapScope> Scopes(const std::vector<MapTables>& maps,
                             const TableName& table,
                             const std::vector<std::set<std::string>>& values,
                             bool values_count = true) {
  const WatchedMaps watched(maps);
  BinlogGroup group;
  group.tables = {{.table = *watched.list().Find(table.database, table.table),
                   .whole = false,
                   .values = values}};
  std::vector<MapScope> scopes(maps.size());
  watched.Widen(group, values_count, &scopes);
  return scopes;
}

MapScope Nothing() { return {}; }
MapScope Whole() { return {.whole = true, .values = {}}; }
MapScope Keys(const std::set<std::string>& values) {
  return {.whole = false, .values = values};
}

TEST(WatchedMapsTest, MapsOfOneTableHaveEachTheirKeyColumn) {
  EXPECT_THAT(Scopes({Keyed(kUsers, 7), Keyed(kUsers, 2), Keyed(kDomains, 1)},
                     kUsers, {{"of 2"}, {"of 7"}}),
              ElementsAre(Keys({"of 7"}), Keys({"of 2"}), Nothing()));
}

TEST(WatchedMapsTest, AMapWithoutHintsIsWhole) {
  EXPECT_THAT(Scopes({Keyed(kUsers, 1),
                      {.tables = {{kUsers, {}}, {kDomains, {}}},
                       .hints = std::nullopt}},
                     kUsers, {{"a"}}),
              ElementsAre(Keys({"a"}), Whole()));
}

TEST(WatchedMapsTest, ValuesThatDoNotCountAreTheWholeMap) {
  EXPECT_THAT(Scopes({Keyed(kUsers, 1)}, kUsers, {{"a"}}, false),
              ElementsAre(Whole()));
}

TEST(WatchedMapsTest, AValueThatIsNotUnderstoodIsTheWholeMap) {
  EXPECT_THAT(Scopes({Keyed(kUsers, 1)}, kUsers, {{"a", "\xff"}}),
              ElementsAre(Whole()));
  EXPECT_THAT(
      Scopes({Keyed(kUsers, 1, HintText::kAscii)}, kUsers, {{"a", "\xe4"}}),
      ElementsAre(Whole()));
  EXPECT_THAT(Scopes({Keyed(kUsers, 1, HintText::kAscii)}, kUsers, {{"a"}}),
              ElementsAre(Keys({"a"})));
  EXPECT_THAT(
      Scopes({Keyed(kUsers, 1, HintText::kBytes)}, kUsers, {{"a", "\xff"}}),
      ElementsAre(Keys({"a", "\xff"})));
}

TEST(WatchedMapsTest, Utf8IsAKeyWhereTheColumnIsUtf8) {
  EXPECT_THAT(Scopes({Keyed(kUsers, 1)}, kUsers, {{"j\xc3\xa4rvi"}}),
              ElementsAre(Keys({"j\xc3\xa4rvi"})));
}

TEST(WatchedMapsTest, ATableOfWhichAnyRowMayHaveChangedIsTheWholeMap) {
  const WatchedMaps watched({Keyed(kUsers, 1), Keyed(kDomains, 1)});
  BinlogGroup group;
  group.tables = {{.table = *watched.list().Find("mail", "users"),
                   .whole = true,
                   .values = {{"a"}}}};
  std::vector<MapScope> scopes(2);
  watched.Widen(group, true, &scopes);
  EXPECT_THAT(scopes, ElementsAre(Whole(), Nothing()));
}

TEST(WatchedMapsTest, EveryTableOfAGroupAddsToWhatIsThere) {
  const WatchedMaps watched({Keyed(kUsers, 1), Keyed(kDomains, 1)});
  BinlogGroup group;
  group.tables = {{.table = *watched.list().Find("mail", "users"),
                   .whole = false,
                   .values = {{"a"}}},
                  {.table = *watched.list().Find("mail", "domains"),
                   .whole = false,
                   .values = {{"d"}}}};
  std::vector<MapScope> scopes = {Keys({"before"}), Whole()};
  watched.Widen(group, true, &scopes);
  EXPECT_THAT(scopes, ElementsAre(Keys({"a", "before"}), Whole()));
}

// NULL is nobody's key.
TEST(WatchedMapsTest, AChangeWithoutKeysConcernsNoMapThatHasHints) {
  EXPECT_THAT(Scopes({Keyed(kUsers, 1)}, kUsers, {{}}), ElementsAre(Nothing()));
}

}  // namespace
}  // namespace postmirror
