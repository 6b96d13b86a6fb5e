#include "sync/pending_changes.h"

#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/sync/fake_clock.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = PendingChanges::Kind;

BinlogPosition At(uint64_t offset) { return {"b.000001", offset}; }

// Two maps: the first reads one table, by the keys in its second column, the
// second joins two.
std::shared_ptr<const WatchedMaps> TwoMaps() {
  const TableName aliases = {"mail", "aliases"};
  const TableName domains = {"mail", "domains"};
  return std::make_shared<const WatchedMaps>(std::vector<MapTables>{
      {.tables = {{aliases, {}}},
       .hints = KeyHints{.column = 1, .text = HintText::kUtf8}},
      {.tables = {{aliases, {}}, {domains, {}}}, .hints = std::nullopt}});
}

class PendingChangesTest : public ::testing::Test {
 protected:
  PendingChangesTest() { pending_.Watch(maps_, At(100)); }

  // Ends a group that changes rows of the table with these keys.
  bool Change(uint64_t end, const std::string& table,
              const std::set<std::string>& keys) {
    return Change(end, table, keys, pending_.list());
  }

  // In this version of the table.
  bool Change(uint64_t end, const std::string& table,
              const std::set<std::string>& keys, const TableVersion& version) {
    return Change(end, table, keys, pending_.list(), {version});
  }

  bool Change(uint64_t end, const std::string& table,
              const std::set<std::string>& keys,
              const std::shared_ptr<const WatchList>& watched,
              const std::set<TableVersion>& versions = {}) {
    const size_t number = *watched->Find("mail", table);
    BinlogGroup group = {.end = At(end),
                         .anything = false,
                         .tables = {{.table = number,
                                     .versions = versions,
                                     .whole = false,
                                     .values = {}}},
                         .watched = watched};
    if (!watched->tables()[number].columns.empty()) {
      group.tables[0].values = {keys};
    }
    return pending_.Advance(At(end), group);
  }

  // Ends a group that is not understood.
  bool ChangeAnything(uint64_t end) {
    return pending_.Advance(At(end), BinlogGroup{.end = At(end),
                                                 .anything = true,
                                                 .tables = {},
                                                 .watched = pending_.list()});
  }

  // What is taken: "everything", or "*" for a whole map and keys for others.
  std::vector<std::string> Take(uint64_t to) {
    const ReadScope scope = pending_.TakeUpTo(At(to));
    std::vector<std::string> taken;
    if (scope.everything) taken.emplace_back("everything");
    for (const MapScope& map : scope.maps) {
      std::string& text = taken.emplace_back(map.whole ? "*" : "");
      for (const std::string& value : map.values) {
        absl::StrAppend(&text, value, " ");
      }
    }
    return taken;
  }

  static TableVersion Version(uint64_t id) {
    return {.id = id, .columns = "columns"};
  }

  // The tables whose definition is to be asked again.
  std::vector<std::string> Unproven(uint64_t to) {
    std::vector<std::string> tables;
    for (const TableName& name : pending_.TakeUpTo(At(to)).unproven) {
      tables.push_back(name.table);
    }
    return tables;
  }

  const std::shared_ptr<const WatchedMaps> maps_ = TwoMaps();
  FakeClock clock_;
  PendingChanges pending_{At(100), &clock_};
};

TEST_F(PendingChangesTest, GroupsUpToTheMomentAreTakenAndLaterOnesWait) {
  EXPECT_EQ(pending_.kind(), Kind::kNothing);
  EXPECT_TRUE(Change(200, "aliases", {"a"}));
  EXPECT_TRUE(Change(300, "aliases", {"b", "c"}));
  EXPECT_TRUE(Change(400, "domains", {}));
  EXPECT_EQ(pending_.kind(), Kind::kNamed);
  EXPECT_THAT(Take(199), ElementsAre("", ""));
  EXPECT_THAT(Take(300), ElementsAre("a b c ", "*"));
  EXPECT_THAT(Take(399), ElementsAre("", ""));
  EXPECT_THAT(Take(500), ElementsAre("", "*"));
  EXPECT_EQ(pending_.kind(), Kind::kNothing);
}

// It may have been told of just before it was visible.
TEST_F(PendingChangesTest, WhatCameJustNowIsTakenOnceMore) {
  Change(200, "aliases", {"a"});
  EXPECT_THAT(Take(200), ElementsAre("a ", "*"));
  EXPECT_TRUE(pending_.settling());
  EXPECT_EQ(pending_.kind(), Kind::kNothing);
  EXPECT_THAT(Take(250), ElementsAre("", ""));
  clock_.Advance(kSettleTime);
  EXPECT_EQ(pending_.kind(), Kind::kNamed);
  Change(300, "aliases", {"b"});
  EXPECT_THAT(Take(250), ElementsAre("a ", "*"));
  EXPECT_FALSE(pending_.settling());
}

TEST_F(PendingChangesTest, WhatCameLongAgoIsTakenOnce) {
  Change(200, "aliases", {"a"});
  clock_.Advance(kSettleTime);
  EXPECT_THAT(Take(200), ElementsAre("a ", "*"));
  EXPECT_FALSE(pending_.settling());
}

TEST_F(PendingChangesTest, AGroupThatARefreshCoveredIsNotWaitingAnyMore) {
  EXPECT_THAT(Take(300), ElementsAre("", ""));
  EXPECT_FALSE(Change(300, "aliases", {"late"}));
  EXPECT_TRUE(Change(301, "aliases", {"later"}));
  EXPECT_THAT(Take(301), ElementsAre("later ", "*"));
}

TEST_F(PendingChangesTest, WhatIsNotUnderstoodStaysUntilTheTablesAreAskedAnew) {
  EXPECT_TRUE(ChangeAnything(200));
  EXPECT_EQ(pending_.kind(), Kind::kEverything);
  EXPECT_THAT(Take(300), ElementsAre("everything", "", ""));
  EXPECT_EQ(pending_.kind(), Kind::kEverything);
  pending_.Watch(TwoMaps(), At(199));
  EXPECT_EQ(pending_.kind(), Kind::kEverything);
  pending_.Watch(TwoMaps(), At(200));
  EXPECT_EQ(pending_.kind(), Kind::kNothing);
  EXPECT_THAT(Take(300), ElementsAre("", ""));
}

// Its changes are read with those tables, and were told.
TEST_F(PendingChangesTest, WhatIsNotUnderstoodBeforeTheQuestionIsToldOnce) {
  pending_.Watch(TwoMaps(), At(250));
  EXPECT_FALSE(ChangeAnything(250));
  EXPECT_EQ(pending_.kind(), Kind::kNothing);
  EXPECT_THAT(Take(300), ElementsAre("everything", "", ""));
  EXPECT_THAT(Take(301), ElementsAre("", ""));
}

TEST_F(PendingChangesTest, ATableThatMayHaveBeenAlteredTellsNoKeys) {
  ChangeAnything(200);
  Change(300, "aliases", {"a"});
  pending_.Watch(TwoMaps(), At(200));
  EXPECT_THAT(Take(300), ElementsAre("everything", "*", "*"));
  Change(400, "aliases", {"b"});
  EXPECT_THAT(Take(400), ElementsAre("b ", "*"));
}

TEST_F(PendingChangesTest, AGroupThatWasReadByAnotherListConcernsEveryMap) {
  const std::shared_ptr<const WatchList> before = pending_.list();
  pending_.Watch(TwoMaps(), At(150));
  EXPECT_TRUE(Change(200, "domains", {}, before));
  EXPECT_THAT(Take(200), ElementsAre("*", "*"));
}

// The group was looked at by the tables of before, in which another one that is
// read now was of no interest.
TEST_F(PendingChangesTest, WhatTheStreamHadPassedAtTheQuestionIsNotUnderstood) {
  pending_.Advance(At(300), std::nullopt);
  pending_.Watch(TwoMaps(), At(200));
  EXPECT_THAT(Take(250), ElementsAre("", ""));
  EXPECT_EQ(pending_.kind(At(250)), Kind::kNothing);
  EXPECT_EQ(pending_.kind(At(251)), Kind::kEverything);
  EXPECT_THAT(Take(300), ElementsAre("everything", "", ""));
  pending_.Watch(TwoMaps(), At(300));
  EXPECT_THAT(Take(300), ElementsAre("", ""));
}

TEST_F(PendingChangesTest, WhatTheSnapshotShowsOfItIsUnderstood) {
  pending_.Advance(At(300), std::nullopt);
  pending_.Watch(TwoMaps(), At(200));
  EXPECT_THAT(Take(300), ElementsAre("", ""));
  EXPECT_EQ(pending_.kind(), Kind::kNothing);
}

TEST_F(PendingChangesTest, ManyGroupsAreKeptTogetherAndStayUntilTheLastIsSeen) {
  for (uint64_t i = 1; i <= 10005; ++i) {
    Change(100 + i, "aliases", {absl::StrCat("k", i)});
  }
  const ReadScope some = pending_.TakeUpTo(At(10100));
  EXPECT_THAT(some.maps[0].values, SizeIs(10005));
  EXPECT_EQ(pending_.kind(), Kind::kNamed);
  const ReadScope rest = pending_.TakeUpTo(At(10105));
  EXPECT_TRUE(rest.maps[0].values.contains("k10005"));
  EXPECT_EQ(pending_.kind(), Kind::kNothing);
}

TEST_F(PendingChangesTest, MoreThan50000KeysAreTheWholeMap) {
  std::set<std::string> many;
  for (int i = 0; i < 30000; ++i) many.insert(absl::StrCat("a", i));
  Change(200, "aliases", many);
  std::set<std::string> others;
  for (int i = 0; i < 20001; ++i) others.insert(absl::StrCat("b", i));
  Change(300, "aliases", others);
  EXPECT_THAT(Take(300), ElementsAre("*", "*"));
}

TEST_F(PendingChangesTest, ManyWaitingKeysAreKeptTogether) {
  uint64_t end = 200;
  for (; end < 220; ++end) {
    std::set<std::string> keys;
    for (int i = 0; i < 30000; ++i) {
      keys.insert(absl::StrCat("k", end, "-", i));
    }
    Change(end, "aliases", keys);
  }
  // Of what came last a part is not told from the rest any more.
  const ReadScope first = pending_.TakeUpTo(At(216));
  EXPECT_TRUE(first.maps[0].whole);
  EXPECT_EQ(pending_.kind(), Kind::kNamed);
  EXPECT_TRUE(pending_.TakeUpTo(At(end)).maps[0].whole);
  EXPECT_EQ(pending_.kind(), Kind::kNothing);
}

TEST_F(PendingChangesTest, AwaitEndsWhenTheStreamIsThere) {
  std::thread stream([&] { pending_.Advance(At(200), std::nullopt); });
  EXPECT_EQ(pending_.Await(At(200), absl::Seconds(20)).value_or(false), true);
  stream.join();
  EXPECT_EQ(pending_.Await(At(201), absl::ZeroDuration()).value_or(true),
            false);
}

TEST_F(PendingChangesTest, AwaitFailsOnceTheStreamHasEnded) {
  std::thread stream([&] { pending_.Fail(absl::UnavailableError("gone")); });
  EXPECT_EQ(pending_.Await(At(200), absl::Seconds(20)).status(),
            absl::UnavailableError("gone"));
  stream.join();
}

// It may be another table than the one that was read.
TEST_F(PendingChangesTest, WhatIsNotUnderstoodCountsHoweverLateItArrives) {
  EXPECT_THAT(Take(300), ElementsAre("", ""));
  EXPECT_TRUE(ChangeAnything(200));
  EXPECT_EQ(pending_.kind(), Kind::kEverything);
  EXPECT_THAT(Take(300), ElementsAre("everything", "", ""));
}

TEST_F(PendingChangesTest,
       WhatIsNotUnderstoodIsNotToldWhereAReadAndAQuestionCoverIt) {
  pending_.Watch(TwoMaps(), At(250));
  EXPECT_THAT(Take(300), ElementsAre("", ""));
  EXPECT_FALSE(ChangeAnything(250));
  EXPECT_THAT(Take(300), ElementsAre("", ""));
}

TEST_F(PendingChangesTest, OnlyWhatIsVisibleCounts) {
  Change(200, "aliases", {"a"});
  ChangeAnything(300);
  EXPECT_EQ(pending_.kind(At(199)), Kind::kNothing);
  EXPECT_EQ(pending_.kind(At(200)), Kind::kNamed);
  EXPECT_THAT(Take(200), ElementsAre("a ", "*"));
  EXPECT_EQ(pending_.kind(At(200)), Kind::kNothing);
  EXPECT_EQ(pending_.kind(At(300)), Kind::kEverything);
  EXPECT_THAT(Take(300), ElementsAre("everything", "", ""));
}

// Of several, the first may be visible while the last is not.
TEST_F(PendingChangesTest, TheFirstThatIsNotUnderstoodCountsBeforeTheLast) {
  ChangeAnything(200);
  ChangeAnything(300);
  EXPECT_EQ(pending_.kind(At(200)), Kind::kEverything);
  pending_.Watch(TwoMaps(), At(200));
  EXPECT_EQ(pending_.kind(At(200)), Kind::kNothing);
  EXPECT_EQ(pending_.kind(At(300)), Kind::kEverything);
}

TEST_F(PendingChangesTest, ATableIsUnprovenUntilItsVersionIsMarked) {
  Change(200, "aliases", {"a"}, Version(1));
  EXPECT_THAT(Unproven(200), ElementsAre("aliases"));
  Change(300, "aliases", {"b"}, Version(1));
  EXPECT_THAT(Unproven(300), ElementsAre("aliases"));
  pending_.MarkProven();
  Change(400, "aliases", {"c"}, Version(1));
  EXPECT_THAT(Unproven(400), IsEmpty());
  Change(500, "aliases", {"d"}, Version(2));
  EXPECT_THAT(Unproven(500), ElementsAre("aliases"));
}

TEST_F(PendingChangesTest, OnlyWhatWasTakenLastIsProven) {
  Change(200, "aliases", {"a"}, Version(1));
  Change(300, "aliases", {"b"}, Version(2));
  EXPECT_THAT(Unproven(200), ElementsAre("aliases"));
  pending_.MarkProven();
  EXPECT_THAT(Unproven(300), ElementsAre("aliases"));
}

TEST_F(PendingChangesTest, TheSameNumberWithOtherColumnsIsAnotherVersion) {
  Change(200, "aliases", {"a"}, Version(1));
  Unproven(200);
  pending_.MarkProven();
  Change(300, "aliases", {"b"}, {.id = 1, .columns = "others"});
  EXPECT_THAT(Unproven(300), ElementsAre("aliases"));
}

TEST_F(PendingChangesTest, NothingIsProvenWhereTheTablesWereAskedAnew) {
  Change(200, "aliases", {"a"}, Version(1));
  Unproven(200);
  pending_.MarkProven();
  pending_.Watch(TwoMaps(), At(200));
  Change(300, "aliases", {"b"}, Version(1));
  EXPECT_THAT(Unproven(300), ElementsAre("aliases"));
}

// FLUSH TABLES makes one of each table.
TEST_F(PendingChangesTest, OfManyVersionsTheLatestStayProven) {
  for (uint64_t id = 1; id <= 20; ++id) {
    Change(200 + id, "aliases", {"a"}, Version(id));
    Unproven(200 + id);
    pending_.MarkProven();
  }
  clock_.Advance(kSettleTime);
  Unproven(250);
  Change(300, "aliases", {"a"}, Version(20));
  EXPECT_THAT(Unproven(300), IsEmpty());
  Change(400, "aliases", {"a"}, Version(1));
  EXPECT_THAT(Unproven(400), ElementsAre("aliases"));
}

TEST_F(PendingChangesTest, FiftyThousandKeysAreStillKeys) {
  std::set<std::string> many;
  for (int i = 0; i < 49999; ++i) many.insert(absl::StrCat("a", i));
  Change(200, "aliases", many);
  Change(300, "aliases", {"b"});
  const ReadScope scope = pending_.TakeUpTo(At(300));
  EXPECT_THAT(scope.maps[0].values, SizeIs(50000));
}

TEST_F(PendingChangesTest, TheEndOfTheStreamLeavesWhatWasTold) {
  Change(200, "aliases", {"a"});
  pending_.Fail(absl::UnavailableError("gone"));
  EXPECT_FALSE(pending_.Await(At(100), absl::ZeroDuration()).ok());
  EXPECT_THAT(Take(200), ElementsAre("a ", "*"));
}

}  // namespace
}  // namespace postmirror
