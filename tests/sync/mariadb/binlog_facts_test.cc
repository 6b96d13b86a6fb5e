#include "sync/mariadb/binlog_facts.h"

#include <gmock/gmock.h>

#include "tests/sync/mariadb/mariadb_test_case.h"

namespace postmirror {
namespace {

// A server as Debian has it.
class NoBinlogTest : public MariadbTestCase {};

class BinlogFactsTest : public MariadbTestCase {
 protected:
  static void SetUpTestSuite() { UseServerWithBinlog(); }

  static BinlogPosition PositionOf(Connection& connection) {
    const auto position = ReadBinlogPosition(connection);
    EXPECT_TRUE(position.ok() && position->has_value()) << position.status();
    return position.ok() ? position->value_or(BinlogPosition())
                         : BinlogPosition();
  }

  static BinlogPosition End() { return PositionOf(*ConnectAsRoot()); }
};

TEST_F(NoBinlogTest, IsOffAndHasNoPosition) {
  const auto connection = ConnectAsPostmirror();
  const auto settings = ReadBinlogSettings(*connection);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_FALSE(settings->on);
  const auto position = ReadBinlogPosition(*connection);
  ASSERT_TRUE(position.ok()) << position.status();
  EXPECT_FALSE(position->has_value());
}

TEST_F(NoBinlogTest, WhetherItIsAReplicaNeedsAPrivilege) {
  EXPECT_TRUE(absl::IsPermissionDenied(
      ReadReplicaState(*ConnectAsPostmirror()).status()));
  const auto none = ReadReplicaState(*ConnectAsRoot());
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_FALSE(none->has_value());
}

TEST_F(NoBinlogTest, AReplicaThatIsStoppedSaysSo) {
  Run(
      {"CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1,"
       " MASTER_USER = 'x'"});
  const auto stopped = ReadReplicaState(*ConnectAsRoot());
  ASSERT_TRUE(stopped.ok() && stopped->has_value());
  EXPECT_FALSE((*stopped)->running);
  EXPECT_EQ((*stopped)->behind, absl::ZeroDuration());
  Run({"RESET SLAVE ALL"});
}

TEST_F(NoBinlogTest, AReplicaReplicatesOnceItIsStarted) {
  const auto account = ConnectAsPostmirror();
  EXPECT_FALSE(Replicates(*account).value_or(true));
  Run({"SET GLOBAL server_id = 8",
       "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1,"
       " MASTER_USER = 'x'",
       "START SLAVE SQL_THREAD"});
  // Nothing answers there, but it goes on trying.
  const auto state = ReadReplicaState(*ConnectAsRoot());
  ASSERT_TRUE(state.ok() && state->has_value());
  EXPECT_FALSE((*state)->running);  // the other thread is not
  Run({"STOP SLAVE", "START SLAVE"});
  const auto started = ReadReplicaState(*ConnectAsRoot());
  ASSERT_TRUE(started.ok() && started->has_value());
  EXPECT_TRUE((*started)->running);
  // How far its primary is nobody knows.
  EXPECT_FALSE((*started)->knows_behind);
  EXPECT_TRUE(Replicates(*account).value_or(false));
  Run({"STOP SLAVE", "RESET SLAVE ALL", "SET GLOBAL server_id = 1"});
  EXPECT_FALSE(Replicates(*account).value_or(true));
}

TEST_F(BinlogFactsTest, TheServerSaysHowItsBinlogIs) {
  const auto settings = ReadBinlogSettings(*ConnectAsPostmirror());
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_TRUE(settings->on);
  EXPECT_EQ(settings->format, "ROW");
  EXPECT_EQ(settings->row_image, "FULL");
  EXPECT_FALSE(settings->lacks_replicated);
  EXPECT_EQ(settings->filter, "");
  EXPECT_FALSE(settings->filter_hidden);
}

// MariaDB 11.8 tells it to everybody.
TEST_F(BinlogFactsTest, WithoutThePrivilegeTheFilterIsHidden) {
  Run({"REVOKE BINLOG MONITOR ON *.* FROM 'postmirror'@'127.0.0.1'"});
  const auto connection = ConnectAsPostmirror();
  Run({"GRANT BINLOG MONITOR ON *.* TO 'postmirror'@'127.0.0.1'"});
  const auto settings = ReadBinlogSettings(*connection);
  ASSERT_TRUE(settings.ok()) << settings.status();
  const bool tells_everybody =
      !Rows(*connection, "SHOW GLOBAL VARIABLES LIKE 'binlog_do_db'").empty();
  EXPECT_EQ(settings->filter_hidden, !tells_everybody);
}

// Not the session's: others write.
TEST_F(BinlogFactsTest, FormatAndRowImageAreTheServers) {
  Run({"SET GLOBAL binlog_format = STATEMENT",
       "SET GLOBAL binlog_row_image = MINIMAL"});
  const auto connection = ConnectAsRoot();
  EXPECT_EQ(connection->Execute("SET SESSION binlog_format = ROW"),
            absl::OkStatus());
  const auto settings = ReadBinlogSettings(*connection);
  Run({"SET GLOBAL binlog_format = ROW", "SET GLOBAL binlog_row_image = FULL"});
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->format, "STATEMENT");
  EXPECT_EQ(settings->row_image, "MINIMAL");
}

TEST_F(BinlogFactsTest, ThePositionMovesWithCommitsAndTables) {
  const BinlogPosition before = End();
  EXPECT_EQ(End(), before);
  Run({"CREATE TABLE moving (id INT PRIMARY KEY)"});
  const BinlogPosition created = End();
  EXPECT_LT(before, created);
  Run({"INSERT INTO moving VALUES (1)"});
  const BinlogPosition inserted = End();
  EXPECT_LT(created, inserted);
  Run({"BEGIN", "INSERT INTO moving VALUES (2)", "ROLLBACK"});
  EXPECT_EQ(End(), inserted);
  Run({"DROP TABLE moving"});
}

TEST_F(BinlogFactsTest, ANewFileIsFurtherOn) {
  const BinlogPosition before = End();
  Run({"FLUSH BINARY LOGS"});
  EXPECT_LT(before, End());
  EXPECT_NE(before.file, End().file);
}

TEST_F(BinlogFactsTest, ASnapshotKeepsItsPosition) {
  const auto reader = ConnectAsPostmirror();
  ASSERT_EQ(reader->Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT"),
            absl::OkStatus());
  const BinlogPosition shown = PositionOf(*reader);
  EXPECT_EQ(shown, End());
  Run({"CREATE TABLE later (id INT PRIMARY KEY)",
       "INSERT INTO later VALUES (1)"});
  EXPECT_EQ(PositionOf(*reader), shown);
  EXPECT_LT(shown, End());
  ASSERT_EQ(reader->Execute("COMMIT"), absl::OkStatus());
  EXPECT_EQ(PositionOf(*reader), End());
  Run({"DROP TABLE later"});
}

}  // namespace
}  // namespace postmirror
