#include "sync/table_check.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "sync/key_hints.h"
#include "tests/sync/await.h"
#include "tests/sync/mirror_test_case.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;

const TableName kOne = {"mailserver", "one"};
const TableName kTwo = {"mailserver", "two"};

constexpr char kColumns[] =
    " (id INT PRIMARY KEY, k VARCHAR(50), v VARCHAR(50), KEY (k))";

// Two maps: the first reads the table one, the second two.
class TableCheckTest : public MirrorTestCase {
 protected:
  void SetUp() override {
    MirrorTestCase::SetUp();
    for (const std::string table : {"one", "two"}) {
      Run({"CREATE TABLE " + table + kColumns});
      Serve("SELECT v FROM " + table + " WHERE k='%s'", AsRoot());
    }
  }

  void Survey() {
    plan_ = MakePlan(MakeConfig());
    absl::StatusOr<ServerReaders> connected =
        ConnectReaders(plan_.servers[0], plan_.servers[0].hosts[0],
                       absl::Seconds(5), absl::Seconds(10));
    ASSERT_TRUE(connected.ok()) << connected.status();
    readers_ = std::move(connected->readers);
    ASSERT_EQ(PrepareReaders(absl::MakeSpan(readers_), &collations_),
              absl::OkStatus());
    ASSERT_EQ(FindKeyHints(absl::MakeSpan(readers_)), absl::OkStatus());
  }

  bool IsSettled(size_t map) const {
    return readers_[0].maps[map].survey.tables.begin()->second.settled;
  }

  void SurveySettled() {
    ASSERT_TRUE(Await([&] {
      Survey();
      return IsSettled(0) && IsSettled(1);
    }));
  }

  // Surveys these tables in the second in which they were made, and the other
  // long after that.
  void SurveyFresh(const std::vector<std::string>& fresh) {
    SurveySettled();
    ASSERT_TRUE(Await([&] {
      for (const std::string& table : fresh) {
        Run({"CREATE OR REPLACE TABLE " + table + kColumns});
      }
      Survey();
      return !IsSettled(0) && IsSettled(1) == (fresh.size() == 1);
    }));
  }

  // What becomes of a scope that names a key of each map: "everything", or "*"
  // for a whole map and keys for others.
  std::vector<std::string> Check(const std::set<TableName>& unproven) {
    ReadScope scope = {.maps = {{.values = {"a"}}, {.values = {"b"}}},
                       .unproven = unproven};
    Connection& connection = *readers_[0].connection;
    EXPECT_EQ(connection.Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT"),
              absl::OkStatus());
    EXPECT_EQ(CheckTables(absl::MakeSpan(readers_), &scope), absl::OkStatus());
    EXPECT_EQ(connection.Execute("ROLLBACK"), absl::OkStatus());
    std::vector<std::string> checked;
    if (scope.everything) checked.emplace_back("everything");
    for (const MapScope& map : scope.maps) {
      checked.push_back(map.whole ? "*" : *map.values.begin());
    }
    return checked;
  }

  MirrorPlan plan_;
  std::vector<GroupReader> readers_;
};

TEST_F(TableCheckTest, ASettledTableThatIsTheSameKeepsItsNames) {
  SurveySettled();
  EXPECT_THAT(Check({kOne}), ElementsAre("a", "b"));
  Run({"FLUSH TABLES"});
  EXPECT_THAT(Check({kOne}), ElementsAre("a", "b"));
}

TEST_F(TableCheckTest, AnAlteredTableIsEverything) {
  SurveySettled();
  Run({"ALTER TABLE one ADD COLUMN early INT FIRST"});
  EXPECT_THAT(Check({}), ElementsAre("a", "b"));
  EXPECT_THAT(Check({kOne}), ElementsAre("everything"));
}

TEST_F(TableCheckTest, ATableInThePlaceOfAnotherOfTheSameShapeIsEverything) {
  SurveySettled();
  Run({"RENAME TABLE one TO aside, two TO one, aside TO two"});
  EXPECT_THAT(Check({kOne}), ElementsAre("everything"));
}

// A read of everything finds out for how long, and whose fault it is.
TEST_F(TableCheckTest, ATableThatIsGoneMakesItAReadOfEverything) {
  SurveySettled();
  Run({"DROP TABLE one"});
  ReadScope scope = {.maps = {{}, {}}, .unproven = {kOne}};
  EXPECT_EQ(CheckTables(absl::MakeSpan(readers_), &scope), absl::OkStatus());
  EXPECT_TRUE(scope.everything);
}

// Another table of the same second would look the same.
TEST_F(TableCheckTest, ATableThatWasJustMadeMakesItsMapWhole) {
  SurveyFresh({"one"});
  EXPECT_THAT(Check({kTwo}), ElementsAre("a", "b"));
  EXPECT_THAT(Check({kOne}), ElementsAre("*", "b"));
  // Each check is the measure of the next one.
  EXPECT_TRUE(Await([&] {
    Check({kOne});
    return IsSettled(0);
  }));
  EXPECT_THAT(Check({kOne}), ElementsAre("a", "b"));
}

// One may be in the place of the other, and only one be told of.
TEST_F(TableCheckTest, TablesThatWereJustMadeAreAllUncertain) {
  SurveyFresh({"one", "two"});
  EXPECT_THAT(Check({kOne}), ElementsAre("*", "*"));
}

TEST_F(TableCheckTest, WithATableThatWasJustMadeTheOthersAreLookedAt) {
  SurveyFresh({"one"});
  Run({"ALTER TABLE two ADD COLUMN early INT FIRST"});
  EXPECT_THAT(Check({kOne}), ElementsAre("everything"));
}

}  // namespace
}  // namespace postmirror
