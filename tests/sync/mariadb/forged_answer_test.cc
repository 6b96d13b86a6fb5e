// Every question of this room, answered with columns that were not asked for,
// and with NULL where nothing can be.
#include <gmock/gmock.h>

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sync/mariadb/binlog_facts.h"
#include "sync/mariadb/binlog_stream.h"
#include "sync/mariadb/character_weights.h"
#include "sync/mariadb/host_questions.h"
#include "sync/mariadb/server_facts.h"
#include "sync/mariadb/table_shape.h"
#include "tests/sync/mariadb/forging_server.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Row = ForgingServer::Row;

constexpr char kCure[] = ": see who listens there";
const TableName kTable = {"mail", "users"};

std::unique_ptr<Connection> ConnectTo(const ForgingServer& server) {
  ConnectionSettings settings;
  settings.log_on.user = "postmirror";
  settings.log_on.password = "secret";
  auto connection = Connection::Open(server.address(), settings);
  EXPECT_TRUE(connection.ok()) << connection.status();
  return connection.ok() ? *std::move(connection) : nullptr;
}

struct Question {
  const char* name;
  // Of the answer to its first statement; 0 where columns are found by names,
  // which the forged ones have not.
  size_t columns;
  absl::Status (*ask)(Connection&);
};

constexpr Question kQuestions[] = {
    {"variables", 2,
     [](Connection& c) { return ReadVariables(c, "SHOW").status(); }},
    {"LSN", 2, [](Connection& c) { return ReadLsn(c).status(); }},
    {"identity", 2,
     [](Connection& c) { return ReadServerIdentity(c).status(); }},
    {"primary key", 0,
     [](Connection& c) { return ReadPrimaryKey(c, kTable).status(); }},
    {"index", 0,
     [](Connection& c) { return IsIndexed(c, kTable, "a").status(); }},
    {"shape", 6,
     [](Connection& c) { return ReadTableShape(c, kTable).status(); }},
    {"pinned shape", 6,
     [](Connection& c) { return PinTableShape(c, kTable).status(); }},
    {"survey", 1,
     [](Connection& c) { return SurveyTables(c, {kTable}).status(); }},
    {"comparison", 2,
     [](Connection& c) {
       TableSurvey survey;
       survey.views[kTable] = "";
       const TableSurvey* const surveys[] = {&survey};
       return CompareWithSurveys(c, surveys).status();
     }},
    {"host", 2, [](Connection& c) { return ReadHostIdentity(c).status(); }},
    {"positions", 2,
     [](Connection& c) {
       HostTraits traits;
       return ReadHighestPositions(c, &traits);
     }},
    {"GTIDs", 2,
     [](Connection& c) {
       HostFacts facts;
       return ReadHighestGtids(c, &facts);
     }},
    {"host facts", 2,
     [](Connection& c) {
       return ReadHostFacts(c, {{kTable, ""}}).status();
     }},
    {"lock", 1, [](Connection& c) { return LeadToOneServer(c, c).status(); }},
    {"binlog", 2, [](Connection& c) { return ReadBinlogSettings(c).status(); }},
    {"place in the binlog", 2,
     [](Connection& c) { return ReadBinlogPosition(c).status(); }},
    {"replicates", 2, [](Connection& c) { return Replicates(c).status(); }},
    {"replica", 0, [](Connection& c) { return ReadReplicaState(c).status(); }},
    {"weights by blocks", 1,
     [](Connection& c) {
       return ReadCharacterWeights(c, "utf8mb4", "utf8mb4_general_ci").status();
     }},
    {"weights of a plane", 2,
     [](Connection& c) {
       return ReadCharacterWeights(c, "latin1", "latin1_general_ci").status();
     }},
    {"weights of sequences", 3, [](Connection& c) {
       return ReadSequenceWeights(c, "utf8mb4", "utf8mb4_general_ci",
                                  {"a", "b", "c"})
           .status();
     }}};

TEST(ForgedAnswerTest, OtherColumnsThanWereAskedForAreAnError) {
  const std::vector<std::optional<std::string>> values = {
      std::nullopt, "", "1", "18446744073709551615", std::string(300, 'x')};
  for (const size_t columns : {0U, 1U, 2U, 3U, 6U, 7U, 20U, 1000U}) {
    for (const auto& value : values) {
      const ForgingServer server(
          [&](absl::string_view) { return Row(columns, value); });
      for (const Question& question : kQuestions) {
        const auto connection = ConnectTo(server);
        ASSERT_NE(connection, nullptr);
        const absl::Status status = question.ask(*connection);
        if (columns == question.columns && columns > 0) continue;
        EXPECT_TRUE(absl::IsUnavailable(status) &&
                    absl::StrContains(status.message(), kCure))
            << question.name << ", " << columns << " columns: " << status;
      }
    }
  }
}

// Else no row would be an empty text, and the last of several the answer.
TEST(ForgedAnswerTest, ASelectOfValuesIsAnsweredWithOneRow) {
  const std::set<absl::string_view> of_values = {
      "survey", "GTIDs", "lock", "weights by blocks", "weights of sequences"};
  for (const size_t rows : {0U, 2U}) {
    for (const Question& question : kQuestions) {
      if (!of_values.contains(question.name)) continue;
      const ForgingServer server(
          [&](absl::string_view) { return Row(question.columns, "1"); }, rows);
      const absl::Status status = question.ask(*ConnectTo(server));
      EXPECT_TRUE(absl::IsUnavailable(status)) << question.name << status;
      EXPECT_THAT(std::string(status.message()),
                  AllOf(HasSubstr(rows == 0 ? "with no row" : "than one row"),
                        HasSubstr(kCure)))
          << question.name;
    }
    const ForgingServer server(
        [](absl::string_view) { return Row(1, "utf8mb4_bin"); }, rows);
    EXPECT_TRUE(absl::IsUnavailable(
        ReadKeyCollation(*ConnectTo(server), "SELECT k, v").status()));
  }
}

TEST(ForgedAnswerTest, TheCountsAreNamed) {
  const ForgingServer server([](absl::string_view) { return Row(1); });
  EXPECT_EQ(std::string(ReadLsn(*ConnectTo(server)).status().message()),
            absl::StrCat("server ", server.address().ToString(),
                         ": query: it answers a question with 1 column instead "
                         "of 2, as MariaDB does not",
                         kCure));
}

TEST(ForgedAnswerTest, ATableWithOneColumnOrNoneIsNotAnEmptyOne) {
  for (const size_t columns : {0U, 1U}) {
    const ForgingServer server(
        [&](absl::string_view) { return Row(columns, "a"); });
    bool called = false;
    const absl::Status status = ConnectTo(server)->QueryTable(
        "SELECT k, v FROM t", Connection::Columns::AtLeast(2),
        [&called](Connection::Row) {
          called = true;
          return absl::OkStatus();
        });
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("instead of 2 or"));
    EXPECT_FALSE(called);
  }
}

TEST(ForgedAnswerTest, ACollationOfNoNameIsAnError) {
  for (const size_t columns : {0U, 1U, 2U, 1000U}) {
    const ForgingServer server([&](absl::string_view) { return Row(columns); });
    EXPECT_FALSE(ReadKeyCollation(*ConnectTo(server), "SELECT k, v").ok());
  }
}

// As many columns are kept in memory as the last one's place says.
TEST(ForgedAnswerTest, AColumnBeyondThoseThatATableCanHaveIsAnError) {
  std::string place;
  const ForgingServer server([&place](absl::string_view sql) {
    return Row(absl::StrContains(sql, "ORDINAL_POSITION") ? 7 : 6, place);
  });
  const auto read = [&](const char* text) {
    place = text;
    return ReadTableShape(*ConnectTo(server), kTable).status();
  };
  EXPECT_EQ(read("4096"), absl::OkStatus());
  for (const char* text : {"0", "4097", "18446744073709551615"}) {
    EXPECT_THAT(std::string(read(text).message()), HasSubstr(kCure)) << text;
  }
}

// The library would put it on its stack.
TEST(ForgedAnswerTest, ABinlogWithANameThatIsTooLongIsAnError) {
  const ForgingServer server([](absl::string_view) { return Row(2); });
  BinlogStream::Settings settings;
  settings.start.file = std::string(size_t{8} << 20, 'x');
  const auto stream = BinlogStream::Open(ConnectTo(server), settings);
  EXPECT_THAT(std::string(stream.status().message()), HasSubstr(kCure));
}

}  // namespace
}  // namespace postmirror
