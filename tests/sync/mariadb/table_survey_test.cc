#include "sync/mariadb/table_survey.h"

#include <gmock/gmock.h>

#include "absl/strings/str_split.h"
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
