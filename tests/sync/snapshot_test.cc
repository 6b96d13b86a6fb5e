#include "sync/snapshot.h"

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/sync/snapshot_test_case.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SnapshotTest : public SnapshotTestCase {
 protected:
  // An open one would block it.
  static void ExpectNoTransactionIsOpen() {
    Run({"SET lock_wait_timeout = 2",
         "ALTER TABLE virtual_aliases ADD COLUMN another INT"});
  }
};

TEST_F(SnapshotTest, ReadsEveryMapOfTheGuideWithTheLeastGrants) {
  ServeDomains();
  ServeMailboxes();
  ServeAliases();
  const Snapshot snapshot = Read();
  EXPECT_TRUE(snapshot.is_one_moment);
  ASSERT_THAT(snapshot.maps, SizeIs(3));
  EXPECT_THAT(Entries(snapshot.maps[0]),
              ElementsAre("example.net =1", "example.org =1"));
  EXPECT_THAT(Entries(snapshot.maps[1]), SizeIs(4));
  EXPECT_THAT(
      Entries(snapshot.maps[2]),
      ElementsAre("@example.net =office@example.net",
                  "contact@example.org =info@example.org",
                  "info@example.org =john@example.org,jane@example.org,"
                  "kerstin@example.org",
                  "office@example.net =office@example.net",
                  "postmaster@example.org =john@example.org",
                  "press@example.org =news@example.com",
                  "sales@example.org =jane@example.org, office@example.net"));
  EXPECT_EQ(snapshot.maps[2].collation->name, "utf8mb4_general_ci");
  EXPECT_EQ(snapshot.maps[2].unstorable_rows, 0U);
}

// The covering index would give them by their values.
TEST_F(SnapshotTest, RowsOfAKeyAreJoinedInPrimaryKeyOrder) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50), v VARCHAR(50),"
       " KEY covering (k, v)) ENGINE=InnoDB",
       "INSERT INTO t VALUES (3, 'a', '1'), (1, 'a', '3'), (2, 'a', '2')"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  EXPECT_THAT(Entries(Read().maps[0]), ElementsAre("a =3,2,1"));
}

TEST_F(SnapshotTest, NullKeysAndNullAndEmptyValuesAreSkipped) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50), v VARCHAR(50))",
       "INSERT INTO t VALUES (1, NULL, 'x'), (2, '', 'x'), (3, 'null', NULL),"
       " (4, 'empty', ''), (5, 'a', NULL), (6, 'a', '1'), (7, 'a', ''),"
       " (8, 'a', '2')"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  EXPECT_THAT(Entries(Read().maps[0]), ElementsAre("a =1,2", "\xFF =x"));
}

TEST_F(SnapshotTest, RowsWithKeysOver511BytesAreCounted) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(600), v VARCHAR(50))",
       "INSERT INTO t VALUES (1, REPEAT('a', 511), '1'), (2, REPEAT('b', 512), "
       "'2'),"
       " (3, REPEAT('c', 512), ''), (4, CONCAT(REPEAT('d', 511), '  '), '4')"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  const Snapshot snapshot = Read();
  EXPECT_EQ(snapshot.maps[0].unstorable_rows, 1U);
  EXPECT_THAT(Entries(snapshot.maps[0]),
              ElementsAre(absl::StrCat(std::string(511, 'a'), " =1"),
                          absl::StrCat(std::string(511, 'd'), " =4")));
}

TEST_F(SnapshotTest, ColumnsAreFormattedAndJoinedAndCounted) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50), v VARCHAR(50),"
       " w VARCHAR(50))",
       "INSERT INTO t VALUES (1, 'a', '1', '2'), (2, 'b', NULL, '3'),"
       " (3, 'c', '4', '5'), (4, 'c', '6', '')"});
  Settings settings = AsRoot();
  settings["result_format"] = "<%s>";
  settings["expansion_limit"] = "2";
  Serve("SELECT v, w FROM t WHERE k='%s'", settings);
  EXPECT_THAT(Entries(Read().maps[0]),
              ElementsAre("a =<1>,<2>", "b =<3>", "c !"));
}

TEST_F(SnapshotTest, SaysWhetherAMapHasKeysWithoutADomain) {
  ServeDomains();
  ServeMailboxes();
  const Snapshot snapshot = Read();
  EXPECT_TRUE(snapshot.maps[0].has_local_part_keys);
  EXPECT_FALSE(snapshot.maps[1].has_local_part_keys);
}

TEST_F(SnapshotTest, MapsOfTwoDatabasesAreReadByOneConnection) {
  Run({"CREATE DATABASE IF NOT EXISTS second",
       "CREATE OR REPLACE TABLE second.t (id INT PRIMARY KEY, k VARCHAR(9))",
       "INSERT INTO second.t VALUES (1, 'a')"});
  Settings settings = AsRoot();
  Serve("SELECT 1 FROM virtual_domains WHERE name='%s'", settings);
  settings["dbname"] = "second";
  Serve("SELECT 2 FROM t WHERE k='%s'", settings);
  const Snapshot snapshot = Read();
  EXPECT_THAT(readers_, SizeIs(1));
  EXPECT_THAT(Entries(snapshot.maps[0]), SizeIs(2));
  EXPECT_THAT(Entries(snapshot.maps[1]), ElementsAre("a =2"));
  Run({"DROP DATABASE second"});
}

TEST_F(SnapshotTest, NoTransactionIsLeftOpen) {
  ServeAliases();
  Read();
  ExpectNoTransactionIsOpen();
}

// A scalar subquery with two rows ends the stream after the first rows came.
TEST_F(SnapshotTest, AStreamThatBreaksOffIsAFailureAndNoTransactionStaysOpen) {
  Settings settings = AsRoot();
  settings["mirror_query"] =
      "SELECT a.source, IF(a.id < 3, 'v', (SELECT b.id FROM virtual_aliases b"
      " WHERE b.id < a.id)) FROM virtual_aliases a";
  Serve("", settings);
  ASSERT_EQ(Connect(), absl::OkStatus());
  EXPECT_THAT(Read().maps, IsEmpty());
  ASSERT_THAT(Faults(), SizeIs(1));
  EXPECT_THAT(std::string(Joined(Faults()).message()),
              AllOf(HasSubstr("map1.cf"), HasSubstr("1242")));
  ExpectNoTransactionIsOpen();
}

TEST_F(SnapshotTest, AnEntryThatIsTooLongIsAFaultOfItsMapAlone) {
  Settings settings = AsRoot();
  settings["mirror_query"] =
      "SELECT source, REPEAT('x', 9000000) FROM virtual_aliases"
      " WHERE source = 'info@example.org'";
  const std::string joined = Serve("", settings);
  settings["mirror_query"] =
      "SELECT source, REPEAT('x', 9000000) FROM virtual_aliases"
      " WHERE source = 'press@example.org'";
  settings["result_format"] = "%s%s";
  Serve("", settings);
  Serve("SELECT 1 FROM virtual_mailboxes WHERE email='%s'", AsRoot());
  const Snapshot snapshot = Read();
  ASSERT_THAT(snapshot.maps, SizeIs(1));
  EXPECT_THAT(Entries(snapshot.maps[0]), SizeIs(4));
  ASSERT_THAT(Faults(), SizeIs(2));
  for (const MapFault& fault : Faults()) {
    EXPECT_THAT(fault.Text(), HasSubstr("too long")) << fault.map;
    EXPECT_THAT(fault.Text(), EndsWith("are allowed; shorten it"));
    EXPECT_THAT(fault.Text(),
                HasSubstr(fault.map == joined ? "info@" : "press@"));
  }
  ExpectNoTransactionIsOpen();
}

// What is over the limit of expansion is a temporary answer, as it was.
TEST_F(SnapshotTest, ALongEntryOverTheExpansionLimitIsNoFault) {
  Settings settings = AsRoot();
  settings["mirror_query"] =
      "SELECT source, REPEAT('x', 9000000) FROM virtual_aliases"
      " WHERE source = 'info@example.org'";
  settings["expansion_limit"] = "2";
  Serve("", settings);
  EXPECT_THAT(Entries(Read().maps[0]), ElementsAre("info@example.org !"));
}

TEST_F(SnapshotTest, RowsThatTakeTooMuchMemoryEndTheReadAndAreAFault) {
  ServeMailboxes();
  const std::string aliases = ServeAliases();
  ASSERT_EQ(Connect(), absl::OkStatus());
  plan_.servers[0].groups[0].maps[1].memory_limit = 100;
  const absl::Status status = TryRead().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << status;
  ASSERT_THAT(Faults(), SizeIs(1));
  EXPECT_EQ(Faults()[0].map, aliases);
  EXPECT_THAT(Faults()[0].Text(),
              AllOf(HasSubstr("map_memory_limit = 100"),
                    HasSubstr("raise it in postmirror.cf, "
                              "and MemoryMax= of the unit")));
  ExpectNoTransactionIsOpen();
}

TEST_F(SnapshotTest, AMissingTableIsNamedWithItsMap) {
  const std::string map = Serve("SELECT 1 FROM nowhere WHERE k='%s'", AsRoot());
  const absl::Status status = Connect();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("map " + map), HasSubstr("nowhere")));
}

TEST_F(SnapshotTest, AMissingDatabaseIsAFailure) {
  Settings settings = AsRoot();
  settings["dbname"] = "nowhere";
  Serve("SELECT 1 FROM t WHERE k='%s'", settings);
  EXPECT_FALSE(Connect().ok());
}

// Two tables that one transaction always changes together, read as two users.
TEST_F(SnapshotTest, SeveralGroupsOnOneServerAreOneMoment) {
  Run({"CREATE TABLE a (id INT PRIMARY KEY, k VARCHAR(9), v INT) ENGINE=InnoDB",
       "CREATE TABLE b LIKE a", "INSERT INTO a VALUES (1, 'k', 0)",
       "INSERT INTO b VALUES (1, 'k', 0)",
       "CREATE OR REPLACE USER second@localhost",
       "GRANT SELECT ON mailserver.* TO second@localhost"});
  Settings settings = AsRoot();
  Serve("SELECT v FROM a WHERE k='%s'", settings);
  settings["user"] = "second";
  Serve("SELECT v FROM b WHERE k='%s'", settings);
  ASSERT_EQ(Connect(), absl::OkStatus());
  ASSERT_THAT(readers_, SizeIs(2));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    const std::unique_ptr<Connection> connection = ConnectAsRoot();
    while (!stop) {
      for (const char* statement : {"BEGIN", "UPDATE a SET v = v + 1",
                                    "UPDATE b SET v = v + 1", "COMMIT"}) {
        EXPECT_EQ(connection->Execute(statement), absl::OkStatus());
      }
    }
  });
  for (int i = 0; i < 300; ++i) {
    const Snapshot snapshot = Read();
    if (!snapshot.is_one_moment) continue;
    EXPECT_EQ(Entries(snapshot.maps[0]), Entries(snapshot.maps[1]));
  }
  stop = true;
  writer.join();
  const Snapshot settled = Read();
  EXPECT_TRUE(settled.is_one_moment);
  EXPECT_EQ(Entries(settled.maps[0]), Entries(settled.maps[1]));
}

// A name that leads to two servers in turn, behind a proxy of connections.
TEST_F(SnapshotTest, GroupsThatReachedDifferentServersAreRefused) {
  Settings settings = AsRoot();
  settings["dbname"] = "mysql";
  Serve("SELECT url FROM help_topic WHERE name='%s'", settings);
  settings["password"] = "another";  // of a group of its own
  Serve("SELECT url FROM help_topic WHERE name='%s'", settings);
  plan_ = MakePlan(MakeConfig());
  ASSERT_THAT(plan_.servers, SizeIs(1));
  ASSERT_THAT(plan_.servers[0].groups, SizeIs(2));
  const auto other = MariadbServer::Start({"--skip-ssl"});
  ASSERT_TRUE(other.ok()) << other.status();
  const auto reader = [&](size_t group, const MariadbServer& from) {
    auto connection = Connection::Open(from.Unix(), from.Root("mysql"));
    EXPECT_TRUE(connection.ok()) << connection.status();
    return GroupReader{.group = &plan_.servers[0].groups[group],
                       .connection = *std::move(connection),
                       .maps = {}};
  };
  readers_.push_back(reader(0, server()));
  readers_.push_back(reader(1, server()));
  EXPECT_EQ(PrepareReaders(absl::MakeSpan(readers_), &collations_),
            absl::OkStatus());
  readers_.pop_back();
  readers_.push_back(reader(1, **other));
  const absl::Status status =
      PrepareReaders(absl::MakeSpan(readers_), &collations_);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("two connections reached different servers"));
}

}  // namespace
}  // namespace postmirror
