#include "sync/mariadb/table_survey.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <thread>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/sync/await.h"
#include "tests/sync/mariadb/mariadb_test_case.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;

constexpr char kTables[] = R"(
CREATE DATABASE other;
CREATE TABLE other.heap (a INT) ENGINE=MyISAM;
CREATE TABLE heap (a INT) ENGINE=Aria;
CREATE TABLE parts (a INT) ENGINE=InnoDB PARTITION BY HASH (a) PARTITIONS 2;
CREATE VIEW good AS
  SELECT d.name, a.source FROM virtual_domains d
  JOIN (virtual_aliases a JOIN virtual_mailboxes m ON a.id = m.id)
  ON d.id = a.domain_id;
CREATE VIEW nested AS
  SELECT source FROM good UNION SELECT name FROM virtual_domains;
CREATE VIEW bad AS
  SELECT name FROM virtual_domains WHERE id IN (SELECT a FROM other.heap);
CREATE VIEW nested_bad AS
  SELECT 1 AS one FROM good WHERE EXISTS (SELECT 1 FROM bad);
CREATE FUNCTION count_heap() RETURNS INT READS SQL DATA
  RETURN (SELECT COUNT(*) FROM other.heap);
CREATE VIEW calling AS SELECT name, count_heap() AS n FROM virtual_domains;
CREATE VIEW dated AS SELECT name FROM virtual_domains WHERE id < YEAR(NOW());
CREATE TABLE expiring (a INT, d DATETIME, live BOOL AS (d > NOW()) VIRTUAL,
  twice INT AS (a * 2) VIRTUAL, kept INT AS (a * 3) STORED);
CREATE TABLE doubled (a INT, twice INT AS (a * 2) VIRTUAL);
CREATE VIEW of_expiring AS SELECT a FROM expiring;
CREATE TABLE gone (a INT);
CREATE VIEW broken AS SELECT a FROM gone;
DROP TABLE gone;
)";

class TableSurveyTest : public MariadbTestCase {
 protected:
  static void SetUpTestSuite() {
    MariadbTestCase::SetUpTestSuite();
    Run(absl::StrSplit(kTables, ";\n", absl::SkipWhitespace()));
  }

  static void TearDownTestSuite() {
    Run(
        {"DROP VIEW good, nested, bad, nested_bad, calling, broken, dated, "
         "of_expiring",
         "DROP TABLE heap, parts, expiring, doubled",
         "DROP FUNCTION count_heap", "DROP DATABASE other"});
  }

  static std::string Reason(Connection& connection,
                            const std::vector<TableName>& tables) {
    const absl::StatusOr<TableSurvey> survey = SurveyTables(connection, tables);
    if (!survey.ok()) return survey.status().ToString();
    if (!survey->blind_spot.empty()) return survey->blind_spot;
    return survey->not_innodb.empty() ? "all InnoDB" : survey->not_innodb;
  }

  static std::map<TableName, std::string> Views(const TableName& table) {
    const auto survey = SurveyTables(*ConnectAsRoot(), {table});
    EXPECT_EQ(survey.status(), absl::OkStatus());
    return survey.ok() ? survey->views : std::map<TableName, std::string>();
  }

  static std::string ReasonAsRoot(const TableName& table) {
    return Reason(*ConnectAsRoot(), {table});
  }
};

TEST_F(TableSurveyTest, TablesOfTheGuideAreInnodbToTheGrantedAccount) {
  EXPECT_EQ(Reason(*ConnectAsPostmirror(), {{"", "virtual_domains"},
                                            {"", "virtual_mailboxes"},
                                            {"mailserver", "virtual_aliases"}}),
            "all InnoDB");
}

TEST_F(TableSurveyTest, OtherEnginesAreNamed) {
  EXPECT_EQ(ReasonAsRoot({"", "heap"}), "table mailserver.heap is Aria");
  EXPECT_EQ(ReasonAsRoot({"other", "heap"}), "table other.heap is MyISAM");
  EXPECT_EQ(Reason(*ConnectAsRoot(), {{"", "virtual_domains"}, {"", "heap"}}),
            "table mailserver.heap is Aria");
}

TEST_F(TableSurveyTest, TheTablesAreThoseThatViewsReadInTheEnd) {
  const auto survey = SurveyTables(*ConnectAsRoot(), {{"", "nested_bad"}});
  ASSERT_TRUE(survey.ok());
  EXPECT_THAT(survey->tables,
              ElementsAre(Key(TableName{kDatabase, "virtual_aliases"}),
                          Key(TableName{kDatabase, "virtual_domains"}),
                          Key(TableName{kDatabase, "virtual_mailboxes"}),
                          Key(TableName{"other", "heap"})));
  EXPECT_EQ(survey->blind_spot, "");
  EXPECT_EQ(survey->not_innodb, "table other.heap is MyISAM");
}

// Its rows are gone after a restart, of which no log tells.
TEST_F(TableSurveyTest, ATableInMemoryIsABlindSpot) {
  Run({"CREATE TABLE volatile (a INT) ENGINE=MEMORY"});
  const auto survey = SurveyTables(*ConnectAsRoot(), {{"", "volatile"}});
  ASSERT_TRUE(survey.ok());
  EXPECT_EQ(survey->blind_spot, "table mailserver.volatile is MEMORY");
  Run({"DROP TABLE volatile"});
}

TEST_F(TableSurveyTest, PartitionsOfInnodbAreInnodb) {
  EXPECT_EQ(ReasonAsRoot({"", "parts"}), "all InnoDB");
}

TEST_F(TableSurveyTest, ViewsOfInnodbTablesAreInnodb) {
  EXPECT_EQ(ReasonAsRoot({"", "good"}), "all InnoDB");
  EXPECT_EQ(ReasonAsRoot({"", "nested"}), "all InnoDB");
}

TEST_F(TableSurveyTest, ViewOfAnotherEngineIsFoundInASubquery) {
  EXPECT_EQ(ReasonAsRoot({"", "bad"}), "table other.heap is MyISAM");
  EXPECT_EQ(ReasonAsRoot({"", "nested_bad"}), "table other.heap is MyISAM");
}

TEST_F(TableSurveyTest, ViewThatCallsAFunctionIsNotTrusted) {
  EXPECT_EQ(
      ReasonAsRoot({"", "calling"}),
      "view mailserver.calling cannot be resolved: it calls a stored function");
}

TEST_F(TableSurveyTest, ViewOfAMissingTableIsNotTrusted) {
  EXPECT_EQ(ReasonAsRoot({"", "broken"}),
            "table mailserver.gone is not visible");
}

TEST_F(TableSurveyTest, ViewWithoutShowViewPrivilegeIsNotTrusted) {
  Run({"GRANT SELECT ON good TO postmirror@'127.0.0.1'"});
  EXPECT_EQ(
      Reason(*ConnectAsPostmirror(), {{"", "good"}}),
      "view mailserver.good cannot be resolved: no SHOW VIEW privilege on it");
  Run({"GRANT SHOW VIEW ON good TO postmirror@'127.0.0.1'"});
  EXPECT_EQ(Reason(*ConnectAsPostmirror(), {{"", "good"}}), "all InnoDB");
  Run({"REVOKE SELECT, SHOW VIEW ON good FROM postmirror@'127.0.0.1'"});
}

constexpr char kTime[] =
    "the function \"current_timestamp\" changes with time, without a change of "
    "any table: leave it out, and let the database remove or mark rows when "
    "their time is over (CREATE EVENT)";

TEST_F(TableSurveyTest, ViewThatAsksForTheTimeIsNotTrusted) {
  EXPECT_EQ(ReasonAsRoot({"", "dated"}),
            "view mailserver.dated cannot be resolved: " + std::string(kTime));
}

TEST_F(TableSurveyTest, VirtualColumnThatAsksForTheTimeIsNotTrusted) {
  const std::string reason =
      "column live of table mailserver.expiring: " + std::string(kTime);
  EXPECT_EQ(ReasonAsRoot({"", "expiring"}), reason);
  EXPECT_EQ(ReasonAsRoot({"", "of_expiring"}), reason);
  EXPECT_EQ(ReasonAsRoot({"", "doubled"}), "all InnoDB");
}

// An account sees the expressions of the columns that it may read.
TEST_F(TableSurveyTest, VirtualColumnThatIsReadIsExamined) {
  Run({"GRANT SELECT (a) ON expiring TO postmirror@'127.0.0.1'"});
  EXPECT_EQ(Reason(*ConnectAsPostmirror(), {{"", "expiring"}}), "all InnoDB");
  Run({"GRANT SELECT (live) ON expiring TO postmirror@'127.0.0.1'"});
  EXPECT_THAT(Reason(*ConnectAsPostmirror(), {{"", "expiring"}}),
              testing::HasSubstr("column live"));
  Run({"REVOKE SELECT (a, live) ON expiring FROM postmirror@'127.0.0.1'"});
}

TEST_F(TableSurveyTest, DefinitionsOfViewsInViewsAreSurveyed) {
  EXPECT_THAT(Views({"", "virtual_domains"}), testing::IsEmpty());
  const auto before = Views({"", "nested"});
  EXPECT_THAT(before, testing::ElementsAre(
                          testing::Key(TableName{kDatabase, "good"}),
                          testing::Key(TableName{kDatabase, "nested"})));
  EXPECT_EQ(Views({"", "nested"}), before);
  Run(
      {"ALTER VIEW good AS SELECT d.name, a.source FROM virtual_domains d"
       " JOIN virtual_aliases a ON d.id = a.domain_id"});
  const auto after = Views({"", "nested"});
  EXPECT_NE(after, before);
  Run(
      {"ALTER SQL SECURITY INVOKER VIEW good AS SELECT d.name, a.source"
       " FROM virtual_domains d JOIN virtual_aliases a ON d.id = a.domain_id"});
  EXPECT_NE(Views({"", "nested"}), after);
}

// Whether what `names` read is as it was surveyed once `statements` have run.
class CompareWithSurveysTest : public TableSurveyTest {
 protected:
  void SetUp() override {
    Run({"CREATE TABLE t (a INT)", "CREATE TABLE other_t (a INT)",
         "CREATE VIEW v AS SELECT a FROM t",
         "CREATE VIEW vv AS SELECT a FROM v"});
  }

  void TearDown() override {
    Run({"DROP VIEW IF EXISTS v, vv", "DROP TABLE IF EXISTS t, other_t"});
  }

  // From then on nothing but the statements of a test makes a difference.
  static void AwaitSettled() {
    const auto connection = ConnectAsRoot();
    ASSERT_TRUE(Await([&] {
      const auto survey = SurveyTables(*connection, {{"", "t"}});
      return survey.ok() && survey->tables.begin()->second.settled;
    }));
  }

  static bool AreSo(const std::vector<TableName>& names,
                    const std::vector<std::string>& statements) {
    const auto connection = ConnectAsRoot();
    std::vector<TableSurvey> surveys;
    for (const TableName& name : names) {
      absl::StatusOr<TableSurvey> survey = SurveyTables(*connection, {name});
      EXPECT_EQ(survey.status(), absl::OkStatus());
      surveys.push_back(*std::move(survey));
    }
    Run(statements);
    std::vector<const TableSurvey*> pointers;
    pointers.reserve(surveys.size());
    for (const TableSurvey& survey : surveys) pointers.push_back(&survey);
    return Compare(*connection, pointers) == Comparison::kSame;
  }

  static Comparison Compare(Connection& connection,
                            const std::vector<const TableSurvey*>& surveys) {
    const absl::StatusOr<Comparison> compared =
        CompareWithSurveys(connection, surveys);
    EXPECT_EQ(compared.status(), absl::OkStatus());
    return compared.value_or(Comparison::kDifferent);
  }
};

TEST_F(CompareWithSurveysTest, WhatIsLeftAloneIsTheSame) {
  AwaitSettled();
  EXPECT_TRUE(AreSo({}, {}));
  EXPECT_TRUE(AreSo({{"", "t"}, {"", "vv"}, {"", "heap"}, {"", "parts"}}, {}));
}

// InnoDB asks the file of the definition how old a table is.
TEST_F(CompareWithSurveysTest, ATableOfUnknownAgeIsTheSame) {
  const auto connection = ConnectAsRoot();
  // It has the definition open, and the age as it was.
  const auto other = ConnectAsRoot();
  ASSERT_EQ(other->Execute("LOCK TABLES t READ"), absl::OkStatus());
  const std::filesystem::path folder =
      Rows(*connection, "SELECT CONCAT(@@datadir, DATABASE())").front();
  const std::filesystem::path file = folder / "t.frm";
  const std::filesystem::path aside = folder / "aside";
  std::filesystem::rename(file, aside);
  const absl::Cleanup back = [&] { std::filesystem::rename(aside, file); };
  const absl::StatusOr<TableSurvey> survey =
      SurveyTables(*connection, {{"", "t"}});
  ASSERT_EQ(survey.status(), absl::OkStatus());
  EXPECT_EQ(survey->tables.begin()->second.created, "");
  EXPECT_EQ(Compare(*connection, {&*survey}), Comparison::kSame);
}

// It may be locked for hours, and is asked about once a second.
TEST_F(CompareWithSurveysTest, ATableThatIsBeingMadeIsNotWaitedFor) {
  AwaitSettled();
  const auto connection = ConnectAsRoot();
  absl::StatusOr<TableSurvey> survey =
      SurveyTables(*connection, {{"", "t"}, {"", "other_t"}});
  ASSERT_EQ(survey.status(), absl::OkStatus());
  const auto maker = ConnectAsRoot();
  const std::string maker_id = Rows(*maker, "SELECT CONNECTION_ID()").front();
  std::thread making([&] {
    maker->Execute("CREATE OR REPLACE TABLE t SELECT 1 AS a, SLEEP(60)")
        .IgnoreError();
  });
  EXPECT_TRUE(Await(
      [&] { return Compare(*connection, {&*survey}) == Comparison::kLocked; }));
  Run({absl::StrCat("KILL ", maker_id)});
  making.join();
}

TEST_F(CompareWithSurveysTest, RowsAndForeignTablesDoNotMatter) {
  AwaitSettled();
  EXPECT_TRUE(AreSo({{"", "t"}, {"", "vv"}},
                    {"INSERT INTO t VALUES (1)", "FLUSH TABLES", "TRUNCATE t",
                     "DROP TABLE other_t"}));
}

TEST_F(CompareWithSurveysTest, ATableThatIsGoneIsNot) {
  EXPECT_FALSE(AreSo({{"", "t"}}, {"DROP TABLE t"}));
}

TEST_F(CompareWithSurveysTest, AViewInThePlaceOfATableIsNot) {
  EXPECT_FALSE(
      AreSo({{"", "other_t"}},
            {"DROP TABLE other_t", "CREATE VIEW other_t AS SELECT a FROM t"}));
  Run({"DROP VIEW other_t"});
}

TEST_F(CompareWithSurveysTest, ATableInThePlaceOfAViewIsNot) {
  EXPECT_FALSE(AreSo({{"", "vv"}}, {"DROP VIEW v", "CREATE TABLE v (a INT)"}));
  Run({"DROP TABLE v"});
}

TEST_F(CompareWithSurveysTest, AnotherEngineIsNot) {
  EXPECT_FALSE(AreSo({{"", "t"}}, {"ALTER TABLE t ENGINE=Aria"}));
}

TEST_F(CompareWithSurveysTest, ATableBehindAViewIsLookedAt) {
  EXPECT_FALSE(AreSo({{"", "vv"}}, {"ALTER TABLE t ENGINE=Aria"}));
}

TEST_F(CompareWithSurveysTest, AnotherDefinitionOfAViewInAViewIsNot) {
  EXPECT_FALSE(
      AreSo({{"", "vv"}}, {"ALTER VIEW v AS SELECT a + 1 AS a FROM t"}));
}

// Another one that was made in the same second would look the same.
TEST_F(CompareWithSurveysTest, ANewTableIsNotOnceItIsOlder) {
  const auto connection = ConnectAsRoot();
  const auto survey = [&] { return SurveyTables(*connection, {{"", "t"}}); };
  absl::StatusOr<TableSurvey> fresh;
  ASSERT_TRUE(Await([&] {
    Run({"CREATE OR REPLACE TABLE t (a INT)"});
    fresh = survey();
    return fresh.ok() && !fresh->tables.begin()->second.settled;
  }));
  ASSERT_TRUE(Await([&] {
    return Compare(*connection, {&*fresh}) == Comparison::kDifferent;
  }));
  fresh = survey();
  EXPECT_TRUE(fresh->tables.begin()->second.settled);
  EXPECT_EQ(Compare(*connection, {&*fresh}), Comparison::kSame);
}

TEST_F(CompareWithSurveysTest, SurveysThatContradictEachOtherAreNot) {
  AwaitSettled();
  const auto connection = ConnectAsRoot();
  absl::StatusOr<TableSurvey> one = SurveyTables(*connection, {{"", "t"}});
  absl::StatusOr<TableSurvey> another = one;
  ASSERT_TRUE(one.ok());
  one->tables.begin()->second.created = "1999-12-31 00:00:00";
  EXPECT_EQ(Compare(*connection, {&*another}), Comparison::kSame);
  EXPECT_EQ(Compare(*connection, {&*one}), Comparison::kDifferent);
  EXPECT_EQ(Compare(*connection, {&*one, &*another}), Comparison::kDifferent);
}

TEST_F(TableSurveyTest, InvisibleAndForeignTablesAreNotTrusted) {
  EXPECT_EQ(Reason(*ConnectAsPostmirror(), {{"", "heap"}}),
            "table mailserver.heap is not visible");
  EXPECT_EQ(ReasonAsRoot({"", "missing"}),
            "table mailserver.missing is not visible");
  EXPECT_EQ(ReasonAsRoot({"information_schema", "TABLES"}),
            "table information_schema.TABLES is a SYSTEM VIEW");
}

}  // namespace
}  // namespace postmirror
