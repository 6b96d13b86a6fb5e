#include "sync/snapshot.h"

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "sync/entry_walk.h"
#include "tests/sync/mirror_test_case.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SnapshotTest : public MirrorTestCase {
 protected:
  // Connects to the one server of the maps that are served.
  absl::Status Connect() {
    plan_ = MakePlan(MakeConfig());
    if (plan_.servers.size() != 1) return absl::InternalError("not one server");
    absl::StatusOr<ServerReaders> connected =
        ConnectReaders(plan_.servers[0], plan_.servers[0].hosts[0],
                       absl::Seconds(5), absl::Seconds(10));
    if (!connected.ok()) return connected.status();
    readers_ = std::move(connected->readers);
    refused_ = std::move(connected->refused);
    return Prepare();
  }

  // Fails for an error of a map's own, too.
  absl::Status Prepare() {
    absl::Status prepared =
        PrepareReaders(absl::MakeSpan(readers_), &collations_);
    const std::vector<MapFault> faults = Faults();
    return prepared.ok() && !faults.empty() ? Joined(faults) : prepared;
  }

  std::vector<MapFault> Faults() const {
    return FindFaults(readers_, refused_);
  }

  absl::StatusOr<Snapshot> TryRead() {
    return ReadSnapshot(absl::MakeSpan(readers_),
                        [] { return ReadScope::Everything(); });
  }

  Snapshot Read() {
    if (readers_.empty()) {
      EXPECT_EQ(Connect(), absl::OkStatus());
    }
    absl::StatusOr<Snapshot> snapshot = TryRead();
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? *std::move(snapshot) : Snapshot();
  }

  static std::vector<std::string> Entries(const MapSnapshot& map) {
    std::vector<std::string> entries;
    EntryWalk walk(map.rows, map.map->rules);
    while (walk.Next()) {
      entries.push_back(absl::StrCat(walk.key(), " ", walk.entry()));
    }
    return entries;
  }

  // An open one would block it.
  static void ExpectNoTransactionIsOpen() {
    Run({"SET lock_wait_timeout = 2",
         "ALTER TABLE virtual_aliases ADD COLUMN another INT"});
  }

  MirrorPlan plan_;
  std::vector<GroupReader> readers_;
  std::vector<RefusedGroup> refused_;
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

TEST_F(SnapshotTest, ACollationMayIgnoreANulInAKeyAndAValueEndsAtIt) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50) COLLATE "
       "utf8mb4_unicode_ci, v VARCHAR(50))",
       "INSERT INTO t VALUES (1, 'a\\0b', 'x'), (2, 'c', 'd\\0e'),"
       " (3, 'f', '\\0g')"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  const Snapshot snapshot = Read();
  EXPECT_THAT(Entries(snapshot.maps[0]), ElementsAre("ab =x", "c =d"));
  EXPECT_EQ(snapshot.maps[0].unstorable_rows, 0U);
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

TEST_F(SnapshotTest, KeysAreNormalized) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50), v VARCHAR(50))",
       "INSERT INTO t VALUES (1, 'Info@Example.ORG', '1'),"
       " (2, 'info@example.org ', '2'), (3, '\xc3\x84@x', '3')"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  EXPECT_THAT(Entries(Read().maps[0]),
              ElementsAre("a@x =3", "info@example.org =1,2"));
}

// Postfix asks in lower case: it does not find the others here either.
TEST_F(SnapshotTest, ACollationThatTellsCaseKeepsSpellingsApart) {
  for (const char* type :
       {"VARCHAR(50) COLLATE utf8mb4_bin", "VARBINARY(50)"}) {
    Run({absl::StrCat("CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, k ", type,
                      ", v VARCHAR(50))"),
         "INSERT INTO t VALUES (1, 'Info@x', '1'), (2, 'info@x', '2'),"
         " (3, '\xc3\x84@x', '3'), (4, '\xc3\xa4@x', '4')"});
    if (readers_.empty()) Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
    readers_.clear();
    EXPECT_THAT(
        Entries(Read().maps[0]),
        ElementsAre("Info@x =1", "info@x =2", "\xc3\x84@x =3", "\xc3\xa4@x =4"))
        << type;
  }
}

TEST_F(SnapshotTest, AKeyThatIsNoStringIsRefusedInAJoinToo) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY, n INT, v VARCHAR(50))",
       "CREATE TABLE u (v VARCHAR(50))"});
  Serve("SELECT u.v FROM t JOIN u ON t.v = u.v WHERE t.n='%s'", AsRoot());
  const absl::Status refused = Connect();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("is no string"));
}

TEST_F(SnapshotTest, AJoinComparesByTheCollationOfItsKey) {
  Run({"CREATE TABLE t (k VARCHAR(50) COLLATE utf8mb4_bin, v VARCHAR(50))",
       "CREATE TABLE u (v VARCHAR(50))",
       "INSERT INTO t VALUES ('foo@x', '1'), ('FOO@x', '2')",
       "INSERT INTO u VALUES ('1'), ('2')"});
  Serve("SELECT u.v FROM t JOIN u ON t.v = u.v WHERE t.k='%s'", AsRoot());
  EXPECT_THAT(Entries(Read().maps[0]), ElementsAre("FOO@x =2", "foo@x =1"));
}

TEST_F(SnapshotTest, AKeyColumnThatIsAlteredBeforeItIsReadGivesTheReadUp) {
  Run(
      {"CREATE TABLE t (k VARCHAR(50) COLLATE utf8mb4_general_ci,"
       " v VARCHAR(50))",
       "INSERT INTO t VALUES ('Info@x', '1')"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  ASSERT_EQ(Connect(), absl::OkStatus());
  Run({"ALTER TABLE t MODIFY k VARCHAR(50) COLLATE utf8mb4_bin"});
  EXPECT_EQ(TryRead().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(PrepareReaders(absl::MakeSpan(readers_), &collations_),
            absl::OkStatus());
  EXPECT_THAT(Entries(Read().maps[0]), ElementsAre("Info@x =1"));
}

TEST_F(SnapshotTest, ACollationWithRulesOfALanguageIsRefusedByName) {
  Run(
      {"CREATE TABLE t (k VARCHAR(50) COLLATE utf8mb4_swedish_ci,"
       " v VARCHAR(50))"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  const absl::Status refused = Connect();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(),
              AllOf(HasSubstr("the key column of \"SELECT k, v FROM t\""),
                    HasSubstr("utf8mb4_swedish_ci"),
                    HasSubstr("mirror_collation = ascii_ci")));
}

TEST_F(SnapshotTest, MirrorCollationTakesAnyCollation) {
  Run(
      {"CREATE TABLE t (k VARCHAR(50) COLLATE utf8mb4_swedish_ci,"
       " v VARCHAR(50))",
       "INSERT INTO t VALUES ('Info@x ', '1'), ('\xc3\x84@x', '2')"});
  Settings settings = AsRoot();
  settings["mirror_collation"] = "ascii_ci";
  Serve("SELECT v FROM t WHERE k='%s'", settings);
  EXPECT_THAT(Entries(Read().maps[0]),
              ElementsAre("info@x =1", "\xc3\xa4@x =2"));
}

TEST_F(SnapshotTest, MirrorCollationIsRefusedWhereTheServerComparesKeys) {
  Run(
      {"CREATE TABLE t (k VARCHAR(50) COLLATE utf8mb4_swedish_ci,"
       " v VARCHAR(50))"});
  Settings settings = AsRoot();
  settings["mirror_collation"] = "ascii_ci";
  Serve("SELECT v FROM t WHERE k='%s' LIMIT 1", settings);
  EXPECT_EQ(Connect().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SnapshotTest, AUnionOfTwoCollationsIsRefused) {
  Run(
      {"CREATE TABLE t (k VARCHAR(50) COLLATE utf8mb4_general_ci,"
       " v VARCHAR(50))",
       "CREATE TABLE u (k VARCHAR(50) COLLATE utf8mb4_bin, v VARCHAR(50))"});
  Serve("SELECT v FROM t WHERE k='%s' UNION SELECT v FROM u WHERE k='%s'",
        AsRoot());
  const absl::Status refused = Connect();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("different collations"));
}

TEST_F(SnapshotTest, AMirrorQueryOfTwoCollationsIsRefused) {
  Run({"CREATE TABLE t (k VARCHAR(50) CHARACTER SET latin1, v VARCHAR(50))",
       "CREATE TABLE u (k VARCHAR(50) COLLATE utf8mb4_unicode_ci,"
       " v VARCHAR(50))"});
  Settings settings = AsRoot();
  settings["mirror_query"] =
      "SELECT k, v FROM t UNION ALL (SELECT k, v FROM u)";
  Serve("SELECT v FROM t WHERE k='%s'", settings);
  const absl::Status refused = Connect();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), AllOf(HasSubstr("latin1_swedish_ci"),
                                       HasSubstr("utf8mb4_unicode_ci")));
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
