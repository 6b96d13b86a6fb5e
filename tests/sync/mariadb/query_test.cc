#include <gmock/gmock.h>
#include <poll.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "sync/mariadb/server_error.h"
#include "tests/sync/mariadb/mariadb_test_case.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;

// More than the buffers between server and client hold, so that the server is
// still sending when the first row is seen.
constexpr char kManyRows[] =
    "SELECT seq, REPEAT('x', 1000) FROM seq_1_to_200000";

class QueryTest : public MariadbTestCase {
 protected:
  void SetUp() override {
    connection_ = ConnectAsRoot();
    ASSERT_NE(connection_, nullptr);
    id_ = Rows(*connection_, "SELECT CONNECTION_ID()").at(0);
  }

  // Reads kManyRows and does `fault` at the tenth row.
  template <typename Fault>
  absl::Status ReadWithFault(Fault fault) {
    int rows = 0;
    return connection_->Query(kManyRows, Connection::Columns::Exactly(2),
                              [&](Connection::Row) {
                                if (++rows == 10) fault();
                                return absl::OkStatus();
                              });
  }

  std::unique_ptr<Connection> connection_;
  std::string id_;
};

TEST_F(QueryTest, NullAndEmptyAndBytesAreTold) {
  EXPECT_EQ(
      connection_->Query(
          "SELECT NULL, '', CAST(X'00FF41' AS BINARY), '\xf0\x9f\x93\xac'",
          Connection::Columns::Exactly(4),
          [](Connection::Row row) {
            EXPECT_EQ(row.size(), 4U);
            EXPECT_EQ(row[0], std::nullopt);
            EXPECT_EQ(row[1], absl::string_view(""));
            EXPECT_EQ(row[2], absl::string_view("\0\xff"
                                                "A",
                                                3));
            EXPECT_EQ(row[3], absl::string_view("\xf0\x9f\x93\xac"));
            return absl::OkStatus();
          }),
      absl::OkStatus());
}

TEST_F(QueryTest, EveryRowOfALongStreamComes) {
  int rows = 0;
  EXPECT_EQ(connection_->Query(
                kManyRows, Connection::Columns::Exactly(2),
                [&](Connection::Row row) {
                  EXPECT_EQ(row[0], absl::string_view(absl::StrCat(++rows)));
                  return absl::OkStatus();
                }),
            absl::OkStatus());
  EXPECT_EQ(rows, 200000);
}

TEST_F(QueryTest, StatementWithoutResultIsOk) {
  EXPECT_EQ(connection_->Execute("DO 1"), absl::OkStatus());
  EXPECT_EQ(connection_->Execute("SELECT 1 FROM virtual_domains WHERE id = 99"),
            absl::OkStatus());
}

TEST_F(QueryTest, FaultOfTheCallbackLeavesTheConnectionUsable) {
  absl::Status fault = absl::ResourceExhaustedError("enough");
  EXPECT_EQ(connection_->Query(kManyRows, Connection::Columns::Exactly(2),
                               [&](Connection::Row) { return fault; }),
            fault);
  EXPECT_THAT(Rows(*connection_, "SELECT 7"), ElementsAre("7"));
}

// To read past the rest could take for ever.
TEST_F(QueryTest, ACallbackThatHasHadTooMuchEndsTheConnection) {
  absl::Status fault = absl::OutOfRangeError("enough");
  int rows = 0;
  EXPECT_EQ(connection_->Query(kManyRows, Connection::Columns::Exactly(2),
                               [&](Connection::Row) {
                                 ++rows;
                                 return fault;
                               }),
            fault);
  EXPECT_EQ(rows, 1);
  EXPECT_TRUE(absl::IsUnavailable(connection_->Execute("DO 1")));
}

TEST_F(QueryTest, AnAnswerThatIsKeptIsBoundedAndATableIsNot) {
  constexpr char kMoreRows[] = "SELECT REPEAT('x', 10000) FROM seq_1_to_30000";
  size_t rows = 0;
  const auto count = [&](Connection::Row) {
    ++rows;
    return absl::OkStatus();
  };
  EXPECT_EQ(connection_->QueryTable(kMoreRows, Connection::Columns::Exactly(1),
                                    count),
            absl::OkStatus());
  EXPECT_EQ(rows, 30000U);
  EXPECT_TRUE(absl::IsOutOfRange(
      connection_->Query(kMoreRows, Connection::Columns::Exactly(1), count)));
  EXPECT_LT(rows, 60000U);
  EXPECT_TRUE(absl::IsOutOfRange(
      ConnectAsRoot()->QueryNamed(kMoreRows, {"REPEAT('x', 10000)"}, count)));
}

// Five columns, since the server makes none of more than 16 MiB by default.
TEST_F(QueryTest, ARowLongerThanAnyEntryIsNotTaken) {
  const std::string column = "REPEAT('x', 16000000)";
  const auto select = [&](int columns) {
    std::string sql = "SELECT 1";
    for (int i = 0; i < columns; ++i) absl::StrAppend(&sql, ", ", column);
    return sql;
  };
  EXPECT_EQ(connection_->Execute(select(4)), absl::OkStatus());
  const absl::Status status = connection_->Execute(select(5));
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              ::testing::HasSubstr("more than 67108864 bytes"));
  EXPECT_TRUE(absl::IsUnavailable(connection_->Execute("DO 1")));
}

TEST_F(QueryTest, KilledConnectionIsNotAShortTable) {
  const absl::Status status = ReadWithFault([&] { Run({"KILL " + id_}); });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(connection_->Execute("DO 1").code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(QueryTest, KilledQueryIsNotAShortTable) {
  const absl::Status status =
      ReadWithFault([&] { Run({"KILL QUERY " + id_}); });
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  EXPECT_THAT(Rows(*connection_, "SELECT 7"), ElementsAre("7"));
}

TEST_F(QueryTest, KilledServerIsNotAShortTable) {
  const absl::Status status = ReadWithFault([&] { server().Kill(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  ASSERT_EQ(server().Restart(), absl::OkStatus());
}

TEST_F(QueryTest, ServerFrozenInAStreamEndsInTheReadTimeout) {
  ConnectionSettings settings = server().Root(kDatabase);
  settings.read_timeout = absl::Seconds(1);
  connection_ = Connect(settings);
  const absl::Status status = ReadWithFault([&] { server().Freeze(); });
  server().Thaw();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
}

TEST_F(QueryTest, ServerFrozenBeforeTheQueryEndsInTheReadTimeout) {
  ConnectionSettings settings = server().Root();
  settings.read_timeout = absl::Seconds(1);
  connection_ = Connect(settings);
  server().Freeze();
  const absl::Status status = connection_->Execute("SELECT 1");
  server().Thaw();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
}

TEST_F(QueryTest, CancelEndsABlockedCallAndEveryLaterOne) {
  // Longer than the query, so that nothing else ends it early.
  ConnectionSettings settings = server().Root(kDatabase);
  settings.read_timeout = absl::Minutes(10);
  connection_ = Connect(settings);
  id_ = Rows(*connection_, "SELECT CONNECTION_ID()").at(0);
  std::thread canceller([&] {
    const std::string waiting = absl::StrCat(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = ", id_,
        " AND STATE = 'User sleep'");
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (server().Ask(waiting).value_or("0") != "1" &&
           absl::Now() < deadline) {
      poll(nullptr, 0, 5);
    }
    connection_->Cancel();
  });
  const absl::Status status = connection_->Execute("SELECT SLEEP(60)");
  canceller.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  EXPECT_EQ(connection_->Execute("DO 1").code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(connection_->Use("mysql").code(), absl::StatusCode::kCancelled);
}

TEST_F(QueryTest, ErrorsSayWhatTheCallerDoesNext) {
  const auto code = [&](const char* sql) {
    return connection_->Execute(sql).code();
  };
  EXPECT_EQ(code("SELECT 1 FROM no_such_table"), absl::StatusCode::kNotFound);
  EXPECT_EQ(code("SELECT no_such_column FROM virtual_domains"),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(code("SELECT 1 FROM"), absl::StatusCode::kInternal);
  EXPECT_EQ(
      code("SET STATEMENT max_statement_time = 0.05 FOR SELECT SLEEP(60)"),
      absl::StatusCode::kAborted);
  EXPECT_THAT(Rows(*connection_, "SELECT 7"), ElementsAre("7"));
}

TEST_F(QueryTest, TableRecreatedUnderASnapshotIsAborted) {
  Run({"CREATE OR REPLACE TABLE scratch (id INT PRIMARY KEY) ENGINE=InnoDB"});
  ASSERT_EQ(connection_->Execute(
                "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
            absl::OkStatus());
  Run({"CREATE OR REPLACE TABLE scratch (id INT PRIMARY KEY) ENGINE=InnoDB"});
  EXPECT_EQ(connection_->Execute("SELECT id FROM scratch").code(),
            absl::StatusCode::kAborted);
  EXPECT_EQ(connection_->Execute("ROLLBACK"), absl::OkStatus());
  Run({"DROP TABLE scratch"});
}

TEST_F(QueryTest, MessageNamesServerStepTextAndNumber) {
  const absl::Status status =
      connection_->Execute("SELECT 1 FROM no_such_table");
  EXPECT_EQ(
      std::string(status.message()),
      absl::StrCat(
          "server ", server().Unix().ToString(),
          ": query: Table 'mailserver.no_such_table' doesn't exist (1146)"));
}

}  // namespace
}  // namespace postmirror
