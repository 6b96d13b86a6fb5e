#include "sync/binlog/binlog_group_reader.h"

#include "sync/binlog/column_format.h"
#include "tests/sync/binlog/binlog_group_reader_test_case.h"

namespace postmirror {
namespace {

class GroupReaderTest : public GroupReaderTestCase {};

TEST_F(GroupReaderTest, ValuesOfWrittenAndDeletedRowsAreNamed) {
  Begin();
  MapAliases();
  Take(EventType::kWriteRows, RowsBody(1, 1, {Alias("a"), Alias("b")}));
  MapAliases();
  Take(EventType::kDeleteRows, RowsBody(1, 1, {Alias("c")}));
  EXPECT_EQ(Commit(), "aliases: a b c");
  EXPECT_EQ(end_.ToString(), absl::StrCat("bin.000001:", events_.offset()));
}

TEST_F(GroupReaderTest, BothImagesOfAnUpdateAreNamed) {
  Begin();
  MapAliases();
  Take(EventType::kUpdateRows,
       RowsBody(1, 2, {Alias("old"), Alias("new"), Alias("x"), Alias("x")}));
  EXPECT_EQ(Commit(), "aliases: new old x");
}

TEST_F(GroupReaderTest, NullIsNoValue) {
  Begin();
  MapAliases();
  Take(EventType::kWriteRows,
       RowsBody(1, 1, {{std::nullopt, Short("a")}, {Little(1, 4), {}}}));
  EXPECT_EQ(Commit(), "aliases: a");
}

TEST_F(GroupReaderTest, ATableOfNullsOnlyHasChangedAllTheSame) {
  Begin();
  MapAliases();
  Take(EventType::kWriteRows, RowsBody(1, 1, {{Little(1, 4), {}}}));
  EXPECT_EQ(Commit(), "aliases:");
}

TEST_F(GroupReaderTest, RowsOfSeveralEventsOfOneStatementAreNamed) {
  Begin();
  MapAliases();
  WriteAlias("a", 0);
  WriteAlias("b");
  EXPECT_EQ(Commit(), "aliases: a b");
}

TEST_F(GroupReaderTest, CompressedRowsAreNamed) {
  Begin();
  MapAliases();
  Take(EventType::kWriteRowsCompressed,
       CompressedRowsBody(1, {Alias("a"), Alias("b")}));
  EXPECT_EQ(Commit(), "aliases: a b");
}

TEST_F(GroupReaderTest, CompressedRowsThatAreCutShortMakeTheTableWhole) {
  std::string body = CompressedRowsBody(1, {Alias("a")});
  body.pop_back();
  Begin();
  MapAliases();
  Take(EventType::kWriteRowsCompressed, body);
  EXPECT_EQ(Commit(), "aliases: whole");
}

TEST_F(GroupReaderTest, TablesThatAreNotWatchedSayNothing) {
  Begin();
  MapOther();
  Take(EventType::kWriteRows, RowsBody(3, 1, {{Short("a")}}));
  EXPECT_EQ(Commit(), "nothing");
  EXPECT_EQ(reader_.position().offset, events_.offset());
}

// Not looked into: what stands there is no row of that table.
TEST_F(GroupReaderTest, RowsOfATableNotWatchedAreNotRead) {
  Begin();
  MapOther();
  Take(EventType::kWriteRowsCompressed, RowsBody(3, 1, {{"garbage"}}));
  EXPECT_EQ(Commit(), "nothing");
}

TEST_F(GroupReaderTest, TablesAreFoundWithoutTheCaseOfLetters) {
  Begin();
  Take(EventType::kTableMap, TableMapBody(1, "ALIASES", {Int(), Text()}));
  WriteAlias("a");
  EXPECT_EQ(Commit(), "aliases: a");
}

// A stream that never ends a statement, or a group, takes no memory without
// end.
TEST_F(GroupReaderTest, MoreTablesThanAStatementHasAreAnything) {
  Begin();
  for (uint64_t id = 1; id <= 4097; ++id) MapOther(id);
  EXPECT_EQ(Commit(), "anything");
}

TEST_F(GroupReaderTest, MoreVersionsThanATableHasAreAnything) {
  Begin();
  for (uint64_t id = 1; id <= 17; ++id) {
    MapAliases(id);
    Take(EventType::kWriteRows, RowsBody(id, 1, {Alias("a")}));
  }
  EXPECT_EQ(Commit(), "anything");
}

// InnoDB's cascades are in no rows event.
TEST_F(GroupReaderTest, TablesMappedTogetherAreWhole) {
  Begin();
  MapDomains();
  MapAliases();
  MapOther();
  Take(EventType::kDeleteRows, RowsBody(2, 1, {{Short("example.org")}}));
  EXPECT_EQ(Commit(), "domains: whole; aliases: whole");
}

TEST_F(GroupReaderTest, AWatchedTableMappedWithAnotherIsWhole) {
  Begin();
  MapOther();
  MapAliases();
  Take(EventType::kWriteRows, RowsBody(3, 1, {{Short("x")}}));
  EXPECT_EQ(Commit(), "aliases: whole");
}

TEST_F(GroupReaderTest, ATableMappedTwiceIsWhole) {
  Begin();
  MapAliases();
  MapAliases();
  WriteAlias("a");
  EXPECT_EQ(Commit(), "aliases: whole");
}

TEST_F(GroupReaderTest, ATableMappedAfterItsRowsIsWhole) {
  Begin();
  MapAliases();
  WriteAlias("a", 0);
  MapDomains();
  Take(EventType::kWriteRows, RowsBody(2, 1, {{Short("x")}}));
  EXPECT_EQ(Commit(), "aliases: whole; domains: whole");
}

TEST_F(GroupReaderTest, StatementsOfOneGroupAreLookedAtOneByOne) {
  Begin();
  MapAliases();
  WriteAlias("a");
  MapDomains();
  Take(EventType::kWriteRows, RowsBody(2, 1, {{Short("example.org")}}));
  EXPECT_EQ(Commit(), "aliases: a; domains: example.org");
}

TEST_F(GroupReaderTest, AStatementEndsWithADummyToo) {
  Begin();
  MapAliases();
  WriteAlias("a", 0);
  Take(EventType::kWriteRows, RowsBody(0xffffff, 1, {{}}));
  MapDomains();
  Take(EventType::kWriteRows, RowsBody(2, 1, {{Short("b")}}));
  EXPECT_EQ(Commit(), "aliases: a; domains: b");
}

TEST_F(GroupReaderTest, ATableMappedWithoutRowsIsWhole) {
  Begin();
  MapAliases();
  EXPECT_EQ(Commit(), "aliases: whole");
}

TEST_F(GroupReaderTest, RowsOfATableThatWasNotMappedAreAnything) {
  Begin();
  WriteAlias("a");
  EXPECT_EQ(Commit(), "anything");
}

TEST_F(GroupReaderTest, RowsOfVersion2MakeTheTableWhole) {
  Begin();
  MapAliases();
  Take(EventType::kWriteRowsV2, RowsBody(1, 1, {Alias("a")}));
  EXPECT_EQ(Commit(), "aliases: whole");
}

TEST_F(GroupReaderTest, ARowCutShortMakesTheTableWhole) {
  std::string body = RowsBody(1, 1, {Alias("a"), Alias("b")});
  body.pop_back();
  Begin();
  MapAliases();
  Take(EventType::kWriteRows, body);
  EXPECT_EQ(Commit(), "aliases: whole");
}

TEST_F(GroupReaderTest, AnotherNumberOfColumnsMakesTheTableWhole) {
  Begin();
  MapAliases();
  Take(EventType::kWriteRows, RowsBody(1, 1, {{Little(1, 4)}}));
  EXPECT_EQ(Commit(), "aliases: whole");
}

TEST_F(GroupReaderTest, AKeyColumnThatTheTableLacksMakesItWhole) {
  Begin();
  Take(EventType::kTableMap, TableMapBody(1, "aliases", {Int()}));
  Take(EventType::kWriteRows, RowsBody(1, 1, {{Little(1, 4)}}));
  EXPECT_EQ(Commit(), "aliases: whole");
}

TEST_F(GroupReaderTest, AKeyColumnOfNumbersMakesTheTableWhole) {
  Begin();
  Take(EventType::kTableMap, TableMapBody(1, "aliases", {Int(), Int()}));
  Take(EventType::kWriteRows, RowsBody(1, 1, {{Little(1, 4), Little(1, 4)}}));
  EXPECT_EQ(Commit(), "aliases: whole");
}

TEST_F(GroupReaderTest, AKeyColumnThatAnImageLacksMakesTheTableWhole) {
  const std::string only_first =
      absl::StrCat(Little(1, 6), Little(1, 2), Little(2, 1), Little(1, 1),
                   Little(0, 1), Little(7, 4));
  Begin();
  MapAliases();
  Take(EventType::kDeleteRows, only_first);
  EXPECT_EQ(Commit(), "aliases: whole");
}

TEST_F(GroupReaderTest, AColumnThatAnImageLacksIsNotLookedFor) {
  const std::string only_second =
      absl::StrCat(Little(1, 6), Little(1, 2), Little(2, 1), Little(2, 1),
                   Little(0, 1), Short("a"));
  Begin();
  MapAliases();
  Take(EventType::kDeleteRows, only_second);
  EXPECT_EQ(Commit(), "aliases: a");
}

TEST_F(GroupReaderTest, EachWatchedColumnHasItsValues) {
  watched_ = std::make_shared<const WatchList>(
      std::vector<WatchedTable>{{"mail", "aliases", {2, 1, 2}}});
  Begin();
  Take(EventType::kTableMap,
       TableMapBody(1, "aliases", {Int(), Text(), Text()}));
  Take(EventType::kWriteRows,
       RowsBody(1, 1, {{Little(1, 4), Short("a"), Short("b")}}));
  EXPECT_EQ(Commit(), "aliases: b / a / b");
}

TEST_F(GroupReaderTest, ATableWithoutWatchedColumnsIsWhole) {
  watched_ = std::make_shared<const WatchList>(
      std::vector<WatchedTable>{{"mail", "aliases", {}}});
  Begin();
  MapAliases();
  WriteAlias("a");
  EXPECT_EQ(Commit(), "aliases: whole");
}

TEST_F(GroupReaderTest, AGroupIsReadByTheWatchListOfItsFirstEvent) {
  Begin();
  const auto later = std::make_shared<const WatchList>(
      std::vector<WatchedTable>{{"mail", "other", {0}}});
  std::optional<BinlogGroup> group;
  for (const std::string& event :
       {events_.Event(EventType::kTableMap,
                      TableMapBody(1, "aliases", {Int(), Text()})),
        events_.Event(EventType::kWriteRows, RowsBody(1, 1, {Alias("a")})),
        events_.Event(EventType::kXid, Little(1, 8))}) {
    group = *reader_.Take(event, later);
  }
  EXPECT_EQ(HintOf(group, *watched_), "aliases: a");
}

TEST_F(GroupReaderTest, ATableOfVeryManyValuesIsWhole) {
  Begin();
  MapAliases();
  for (int i = 0; i < 501; ++i) {
    std::vector<FakeRow> rows;
    rows.reserve(100);
    for (int j = 0; j < 100; ++j)
      rows.push_back(Alias(absl::StrCat(i, "@", j)));
    Take(EventType::kWriteRows, RowsBody(1, 1, rows, i == 500 ? 1 : 0));
  }
  EXPECT_EQ(Commit(), "aliases: whole");
}

TEST_F(GroupReaderTest, OneValueOftenIsOneValue) {
  Begin();
  MapAliases();
  const std::vector<FakeRow> rows(60000, Alias("a"));
  Take(EventType::kWriteRows, RowsBody(1, 1, rows));
  EXPECT_EQ(Commit(), "aliases: a");
}

class GroupReaderTypesTest : public GroupReaderTestCase {
 protected:
  GroupReaderTypesTest() {
    watched_ = std::make_shared<const WatchList>(std::vector<WatchedTable>{
        {"mail",
         "aliases",
         {1},
         {.types = {TypesOf("int"), TypesOf("varchar")}}}});
  }

  void MapTable(const std::string& name, const std::vector<FakeColumn>& columns,
                uint64_t id = 1) {
    Take(EventType::kTableMap, TableMapBody(id, name, columns));
  }
};

TEST_F(GroupReaderTypesTest, ATableOfTheSurveyedTypesNamesItsKeys) {
  Begin();
  MapTable("aliases", {Int(), Text()});
  WriteAlias("a");
  EXPECT_EQ(Commit(), "aliases: a");
}

TEST_F(GroupReaderTypesTest, FurtherColumnsAreNotKnownAndDoNotMatter) {
  Begin();
  MapTable("aliases", {Int(), Text(), Int()});
  Take(EventType::kWriteRows,
       RowsBody(1, 1, {{Little(7, 4), Short("a"), Little(7, 4)}}));
  EXPECT_EQ(Commit(), "aliases: a");
}

TEST_F(GroupReaderTypesTest, AColumnMoreInFrontIsAnything) {
  Begin();
  MapTable("aliases", {Int(), Int(), Text()});
  EXPECT_EQ(Commit(), "anything");
}

TEST_F(GroupReaderTypesTest, AColumnLessIsAnything) {
  Begin();
  MapTable("aliases", {Text()});
  EXPECT_EQ(Commit(), "anything");
}

TEST_F(GroupReaderTypesTest, TypesOfOtherTablesDoNotMatter) {
  Begin();
  MapTable("other", {Text()});
  EXPECT_EQ(Commit(), "nothing");
}

TEST_F(GroupReaderTypesTest, TypesThatAreCutShortAreAnything) {
  Begin();
  std::string body = TableMapBody(1, "aliases", {Int(), Text()});
  body.resize(body.size() - 7);
  Take(EventType::kTableMap, body);
  EXPECT_EQ(Commit(), "anything");
}

// FLUSH TABLES in the middle of a transaction makes another one.
TEST_F(GroupReaderTypesTest, TheVersionsOfATableAreTold) {
  Begin();
  for (const uint64_t id : {4U, 9U, 4U}) {
    MapTable("aliases", {Int(), Text()}, id);
    Take(EventType::kWriteRows, RowsBody(id, 1, {Alias("a")}));
  }
  const auto group =
      reader_.Take(events_.Event(EventType::kXid, Little(1, 8)), watched_);
  ASSERT_TRUE(group.ok() && group->has_value());
  std::vector<uint64_t> ids;
  for (const TableVersion& version : (*group)->tables[0].versions) {
    ids.push_back(version.id);
    EXPECT_FALSE(version.columns.empty());
  }
  EXPECT_EQ(ids, (std::vector<uint64_t>{4, 9}));
}

}  // namespace
}  // namespace postmirror
