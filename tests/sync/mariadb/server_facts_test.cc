#include "sync/mariadb/server_facts.h"

#include <gmock/gmock.h>

#include "sync/mariadb/sql_text.h"
#include "tests/sync/mariadb/mariadb_test_case.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;

// As the account of grants.sql: what works here needs no more than its grants.
class ServerFactsTest : public MariadbTestCase {
 protected:
  void SetUp() override {
    connection_ = ConnectAsPostmirror();
    ASSERT_NE(connection_, nullptr);
  }

  void TearDown() override {
    Run({"DROP TABLE IF EXISTS scratch", "DROP VIEW IF EXISTS scratch_view"});
  }

  uint64_t Lsn() {
    const auto lsn = ReadLsn(*connection_);
    EXPECT_TRUE(lsn.ok()) << lsn.status();
    return lsn.value_or(0);
  }

  std::vector<std::string> PrimaryKey(const TableName& table) {
    const auto key = ReadPrimaryKey(*connection_, table);
    EXPECT_TRUE(key.ok()) << key.status();
    return key.value_or(std::vector<std::string>{"failed"});
  }

  std::unique_ptr<Connection> connection_;
};

TEST_F(ServerFactsTest, LsnMovesWithACommitAndStandsStillWithoutOne) {
  const uint64_t before = Lsn();
  EXPECT_GT(before, 0U);
  Run({"INSERT INTO virtual_domains VALUES (99, 'example.com')"});
  const uint64_t after = Lsn();
  EXPECT_GT(after, before);
  Run({"DELETE FROM virtual_domains WHERE id = 99"});
  EXPECT_GT(Lsn(), after);
}

TEST_F(ServerFactsTest, IdentityIsEqualForTwoConnectionsToOneServer) {
  const auto tcp = ReadServerIdentity(*connection_);
  const auto unix = ReadServerIdentity(*ConnectAsRoot());
  ASSERT_TRUE(tcp.ok()) << tcp.status();
  ASSERT_TRUE(unix.ok()) << unix.status();
  EXPECT_EQ(*tcp, *unix);
  for (const char* name :
       {"hostname=", "server_id=", "server_uid=", "port=", "datadir="}) {
    EXPECT_THAT(*tcp, ::testing::HasSubstr(name));
  }
}

TEST_F(ServerFactsTest, IdentityOfAnotherServerDiffers) {
  const auto other = MariadbServer::Start();
  ASSERT_TRUE(other.ok()) << other.status();
  const auto connection = Connection::Open((*other)->Tcp(), (*other)->Root());
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_NE(*ReadServerIdentity(**connection),
            *ReadServerIdentity(*connection_));
}

TEST_F(ServerFactsTest, PrimaryKeyColumnsComeInTheirOrder) {
  Run(
      {"CREATE TABLE scratch (a INT, `b``c` INT, d INT,"
       " PRIMARY KEY (d, `b``c`), KEY (a))",
       "GRANT SELECT (d, `b``c`) ON scratch TO postmirror@'127.0.0.1'"});
  EXPECT_THAT(PrimaryKey({"", "scratch"}), ElementsAre("d", "b`c"));
  EXPECT_THAT(PrimaryKey({"mailserver", "virtual_aliases"}), ElementsAre("id"));
  Run({"REVOKE SELECT (d, `b``c`) ON scratch FROM postmirror@'127.0.0.1'"});
}

TEST_F(ServerFactsTest, PrimaryKeyThatMayNotBeReadIsNotNamed) {
  Run({"CREATE TABLE scratch (a INT, b INT, d INT, PRIMARY KEY (d, b))",
       "GRANT SELECT (a, b) ON scratch TO postmirror@'127.0.0.1'"});
  EXPECT_THAT(PrimaryKey({"", "scratch"}), ElementsAre());
  Run({"REVOKE SELECT (a, b) ON scratch FROM postmirror@'127.0.0.1'"});
}

TEST_F(ServerFactsTest, TableWithoutPrimaryKeyAndViewHaveNone) {
  Run({"CREATE TABLE scratch (a INT, UNIQUE KEY (a))",
       "CREATE VIEW scratch_view AS SELECT id FROM virtual_domains",
       "GRANT SELECT ON scratch TO postmirror@'127.0.0.1'",
       "GRANT SELECT ON scratch_view TO postmirror@'127.0.0.1'"});
  EXPECT_THAT(PrimaryKey({"", "scratch"}), ElementsAre());
  EXPECT_THAT(PrimaryKey({"", "scratch_view"}), ElementsAre());
  Run({"REVOKE SELECT ON scratch FROM postmirror@'127.0.0.1'",
       "REVOKE SELECT ON scratch_view FROM postmirror@'127.0.0.1'"});
}

TEST_F(ServerFactsTest, PrimaryKeyOfAMissingTableIsAnError) {
  EXPECT_EQ(ReadPrimaryKey(*ConnectAsRoot(), {"", "missing"}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadPrimaryKey(*connection_, {"", "missing"}).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(ServerFactsTest, GrantedAccountReadsRowsInPrimaryKeyOrder) {
  MirrorQuery query;
  query.sql =
      "SELECT a.source, a.destination FROM virtual_aliases AS a -- all of them";
  query.tables = {{"", "virtual_aliases"}};
  query.orders = {{{"", "virtual_aliases"}, "a", query.sql.size()}};
  const auto rows =
      Rows(*connection_,
           SelectInPrimaryKeyOrder(query, {PrimaryKey(query.orders[0].table)}));
  ASSERT_EQ(rows.size(), 9U);
  EXPECT_EQ(rows[1], "info@example.org|john@example.org");
  EXPECT_EQ(rows[3], "info@example.org|kerstin@example.org");
}

}  // namespace
}  // namespace postmirror
