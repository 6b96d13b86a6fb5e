// What the session of a connection is set to, so that reads are whole.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/sync/mariadb/mariadb_test_case.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kReadSources[] =
    "SELECT id, source, destination FROM virtual_aliases ORDER BY id";

class SessionTest : public MariadbTestCase {
 protected:
  void TearDown() override {
    Run({"SET GLOBAL init_connect = ''", "SET GLOBAL sql_mode = DEFAULT",
         "SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ",
         "DROP TABLE IF EXISTS scratch"});
  }
};

TEST_F(SessionTest, ServerWideSelectLimitDoesNotCutATableShort) {
  Run({"SET GLOBAL init_connect = 'SET sql_select_limit = 1'"});
  const auto connection = ConnectAsPostmirror();
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(Rows(*connection, kReadSources).size(), 9U);
}

TEST_F(SessionTest, ServerWideCharsetDoesNotReachTheRows) {
  Run({"SET GLOBAL init_connect = 'SET NAMES latin1'"});
  const auto connection = ConnectAsPostmirror();
  ASSERT_NE(connection, nullptr);
  EXPECT_THAT(
      Rows(*connection, "SELECT CONVERT(X'F09F93ACC3BC' USING utf8mb4)"),
      ElementsAre("\xf0\x9f\x93\xac\xc3\xbc"));
}

TEST_F(SessionTest, SnapshotHoldsUnderAServerWideReadCommitted) {
  Run({"SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED",
       "CREATE TABLE scratch (id INT PRIMARY KEY) ENGINE=InnoDB"});
  const auto connection = Connect(server().Root(kDatabase));
  ASSERT_NE(connection, nullptr);
  ASSERT_EQ(connection->Execute(
                "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
            absl::OkStatus());
  Run({"INSERT INTO scratch VALUES (1)"});
  EXPECT_THAT(Rows(*connection, "SELECT id FROM scratch"), ElementsAre());
}

TEST_F(SessionTest, UseKeepsTheSnapshot) {
  Run({"CREATE TABLE scratch (id INT PRIMARY KEY) ENGINE=InnoDB"});
  const auto connection = Connect(server().Root());
  ASSERT_NE(connection, nullptr);
  ASSERT_EQ(connection->Execute(
                "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
            absl::OkStatus());
  Run({"INSERT INTO scratch VALUES (1)"});
  ASSERT_EQ(connection->Use("mysql"), absl::OkStatus());
  ASSERT_EQ(connection->Use(kDatabase), absl::OkStatus());
  EXPECT_THAT(Rows(*connection, "SELECT id FROM scratch"), ElementsAre());
  ASSERT_EQ(connection->Execute("COMMIT"), absl::OkStatus());
  EXPECT_THAT(Rows(*connection, "SELECT id FROM scratch"), ElementsAre("1"));
}

TEST_F(SessionTest, UseOfAMissingDatabaseFails) {
  const auto connection = Connect(server().Root());
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(connection->Use("nowhere").code(), absl::StatusCode::kNotFound);
}

TEST_F(SessionTest, SqlModeAndTimeZoneStayTheServers) {
  Run({"SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'"});
  const auto connection = ConnectAsPostmirror();
  ASSERT_NE(connection, nullptr);
  EXPECT_THAT(Rows(*connection, "SELECT @@sql_mode, @@time_zone"),
              ElementsAre("ANSI_QUOTES,NO_BACKSLASH_ESCAPES|SYSTEM"));
}

TEST_F(SessionTest, QuotedTextComesBackInEverySqlMode) {
  const std::string text = "a'b\\c\"d`e%\n";
  for (const char* mode : {"''", "'NO_BACKSLASH_ESCAPES'", "'ANSI_QUOTES'"}) {
    Run({std::string("SET GLOBAL sql_mode = ") + mode});
    const auto connection = ConnectAsPostmirror();
    ASSERT_NE(connection, nullptr);
    EXPECT_THAT(Rows(*connection, "SELECT " + connection->Quote(text)),
                ElementsAre(text));
  }
}

TEST_F(SessionTest, LockedTableIsAbortedBeforeTheReadTimeout) {
  const auto locker = ConnectAsRoot();
  ASSERT_EQ(locker->Execute("LOCK TABLES virtual_aliases WRITE"),
            absl::OkStatus());
  ConnectionSettings settings =
      server().User("postmirror", kPassword, kDatabase);
  settings.read_timeout = absl::Seconds(3);
  const auto connection = Connect(settings);
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(connection->Execute(kReadSources).code(),
            absl::StatusCode::kAborted);
  ASSERT_EQ(locker->Execute("UNLOCK TABLES"), absl::OkStatus());
  EXPECT_EQ(connection->Execute(kReadSources), absl::OkStatus());
}

TEST_F(SessionTest, ServerMayNotReadFilesOfTheClient) {
  const std::string path = server().folder() + "/client.txt";
  std::ofstream(path) << "1\n";
  Run({"CREATE TABLE scratch (id INT PRIMARY KEY) ENGINE=InnoDB"});
  const auto connection = ConnectAsRoot();
  EXPECT_FALSE(
      connection
          ->Execute("LOAD DATA LOCAL INFILE '" + path + "' INTO TABLE scratch")
          .ok());
  EXPECT_THAT(Rows(*connection, "SELECT COUNT(*) FROM scratch"),
              ElementsAre("0"));
}

TEST_F(SessionTest, ServerEndsATransactionThatIdles) {
  const auto connection = ConnectAsPostmirror();
  ASSERT_NE(connection, nullptr);
  EXPECT_THAT(Rows(*connection, "SELECT @@idle_transaction_timeout"),
              ElementsAre("60"));
}

TEST_F(SessionTest, GrantedAccountCannotReadAPassword) {
  const auto connection = ConnectAsPostmirror();
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(
      connection->Execute("SELECT password FROM virtual_mailboxes").code(),
      absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(connection->Execute("SELECT 1 FROM mysql.global_priv").code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(SessionTest, BinlogGrantIsASecondFile) {
  const std::string grants = "SHOW GRANTS FOR postmirror@'127.0.0.1'";
  EXPECT_THAT(Rows(*ConnectAsRoot(), grants),
              Not(Contains(HasSubstr("REPLICATION SLAVE"))));
  ASSERT_EQ(server().RunFile(POSTMIRROR_SQL_FOLDER "/grants-binlog.sql", ""),
            absl::OkStatus());
  EXPECT_THAT(Rows(*ConnectAsRoot(), grants),
              Contains(AllOf(HasSubstr("REPLICATION SLAVE"),
                             HasSubstr("BINLOG MONITOR"))));
  Run(
      {"REVOKE REPLICATION SLAVE, BINLOG MONITOR ON *.* FROM"
       " postmirror@'127.0.0.1', postmirror@localhost"});
}

}  // namespace
}  // namespace postmirror
