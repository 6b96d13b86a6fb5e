// Maps and accounts that fail beside others that do not.
#include "sync/group_reader.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "sync/entry_walk.h"
#include "sync/snapshot.h"
#include "tests/sync/mirror_test_case.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kTimeout = absl::Seconds(10);

class GroupReaderTest : public MirrorTestCase {
 protected:
  void SetUp() override {
    MirrorTestCase::SetUp();
    Run({"CREATE OR REPLACE USER second@localhost IDENTIFIED BY 'right'",
         "GRANT SELECT ON mailserver.* TO second@localhost"});
  }

  // An account of its own.
  static Settings AsSecond(const std::string& password) {
    Settings settings = AsRoot();
    settings["user"] = "second";
    settings["password"] = password;
    return settings;
  }

  absl::Status Connect() {
    plan_ = MakePlan(MakeConfig());
    absl::StatusOr<ServerReaders> connected = ConnectReaders(
        plan_.servers[0], plan_.servers[0].hosts[0], kTimeout, kTimeout);
    if (!connected.ok()) return connected.status();
    server_ = *std::move(connected);
    return absl::OkStatus();
  }

  void Prepare() {
    EXPECT_EQ(PrepareReaders(absl::MakeSpan(server_.readers), &collations_),
              absl::OkStatus());
  }

  // "MAP ENTRIES" of each map that is read, as a whole.
  std::vector<std::string> Read() {
    return Counted(ReadSnapshot(absl::MakeSpan(server_.readers),
                                [] { return ReadScope::Everything(); }));
  }

  static std::vector<std::string> Counted(
      const absl::StatusOr<Snapshot>& snapshot) {
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    std::vector<std::string> counted;
    if (!snapshot.ok()) return counted;
    for (const MapSnapshot& map : snapshot->maps) {
      size_t entries = 0;
      for (EntryWalk walk(map.rows, map.map->rules); walk.Next();) ++entries;
      counted.push_back(absl::StrCat(map.map->name, " ", entries));
    }
    return counted;
  }

  std::vector<MapFault> Faults() const {
    return FindFaults(server_.readers, server_.refused);
  }

  MirrorPlan plan_;
  ServerReaders server_;
};

TEST_F(GroupReaderTest, AMapWhoseColumnIsGoneIsLeftOut) {
  const std::string domains = ServeDomains();
  const std::string aliases = ServeAliases();
  const std::string mailboxes = ServeMailboxes();
  Run({"ALTER TABLE virtual_aliases CHANGE destination other VARCHAR(100)"});
  ASSERT_EQ(Connect(), absl::OkStatus());
  Prepare();
  ASSERT_THAT(Faults(), SizeIs(1));
  EXPECT_EQ(Faults()[0].map, aliases);
  EXPECT_TRUE(absl::IsNotFound(Faults()[0].status)) << Faults()[0].status;
  EXPECT_THAT(Read(), ElementsAre(domains + " 2", mailboxes + " 4"));
}

// A scalar subquery with two rows ends the stream after the first rows came.
TEST_F(GroupReaderTest, AMapWhoseRowsEndTooSoonIsLeftOut) {
  Settings settings = AsRoot();
  settings["mirror_query"] =
      "SELECT a.source, IF(a.id < 3, 'v', (SELECT b.id FROM virtual_aliases b"
      " WHERE b.id < a.id)) FROM virtual_aliases a";
  const std::string ends = Serve("", settings);
  const std::string domains =
      Serve("SELECT 1 FROM virtual_domains WHERE name='%s'", AsRoot());
  ASSERT_EQ(Connect(), absl::OkStatus());
  Prepare();
  EXPECT_THAT(Faults(), IsEmpty());
  EXPECT_THAT(Read(), ElementsAre(domains + " 2"));
  ASSERT_THAT(Faults(), SizeIs(1));
  EXPECT_EQ(Faults()[0].map, ends);
}

// The keys of a map that cannot be read may be in the others only.
TEST_F(GroupReaderTest, ANamedMapThatCannotBeReadMakesItAReadOfEverything) {
  ServeDomains();
  ServeAliases();
  ASSERT_EQ(Connect(), absl::OkStatus());
  Prepare();
  Run({"DROP TABLE virtual_aliases"});
  const MapScope whole = {.whole = true, .values = {}};
  const auto read = [&](const std::vector<MapScope>& maps) {
    return ReadNamed(
               absl::MakeSpan(server_.readers),
               [&] { return ReadScope{.everything = false, .maps = maps}; })
        .status();
  };
  EXPECT_TRUE(absl::IsAborted(read({whole, whole})));
  EXPECT_EQ(read({whole, {}}), absl::OkStatus());
}

TEST_F(GroupReaderTest, AMissingDatabaseIsAFaultOfItsMaps) {
  Settings settings = AsRoot();
  settings["dbname"] = "nowhere";
  const std::string lost = Serve("SELECT 1 FROM t WHERE k='%s'", settings);
  const std::string domains =
      Serve("SELECT 1 FROM virtual_domains WHERE name='%s'", AsRoot());
  ASSERT_EQ(Connect(), absl::OkStatus());
  EXPECT_THAT(server_.readers, SizeIs(1));
  Prepare();
  EXPECT_THAT(Read(), ElementsAre(domains + " 2"));
  ASSERT_THAT(Faults(), SizeIs(1));
  EXPECT_THAT(std::string(Faults()[0].status.message()), HasSubstr("1049"));
}

// The server tells others than administrators that the account is refused.
TEST_F(GroupReaderTest, AViewWithoutItsDefinerDoesNotAccuseThePassword) {
  Run({"CREATE OR REPLACE USER definer@localhost",
       "GRANT SELECT ON mailserver.* TO definer@localhost",
       "CREATE DEFINER = definer@localhost VIEW v AS SELECT name FROM "
       "virtual_domains",
       "DROP USER definer@localhost"});
  Serve("SELECT 1 FROM v WHERE name='%s'", AsSecond("right"));
  ASSERT_EQ(Connect(), absl::OkStatus());
  Prepare();
  ASSERT_THAT(Faults(), SizeIs(1));
  EXPECT_TRUE(absl::IsPermissionDenied(Faults()[0].status))
      << Faults()[0].status;
  EXPECT_THAT(Faults()[0].Text(), HasSubstr("definer"));
  EXPECT_THAT(Faults()[0].Text(), ::testing::Not(HasSubstr("map file")));
}

TEST_F(GroupReaderTest, AWrongPasswordIsAFaultOfItsMapsAlone) {
  const std::string refused = Serve(
      "SELECT 1 FROM virtual_mailboxes WHERE email='%s'", AsSecond("wrong"));
  const std::string domains =
      Serve("SELECT 1 FROM virtual_domains WHERE name='%s'", AsRoot());
  ASSERT_EQ(Connect(), absl::OkStatus());
  Prepare();
  EXPECT_THAT(Read(), ElementsAre(domains + " 2"));
  ASSERT_THAT(Faults(), SizeIs(1));
  EXPECT_EQ(Faults()[0].map, refused);
  EXPECT_THAT(std::string(Faults()[0].status.message()), HasSubstr("1045"));
  // What is named is named by its place in the plan.
  const MapScope whole = {.whole = true, .values = {}};
  EXPECT_THAT(Counted(ReadNamed(
                  absl::MakeSpan(server_.readers),
                  [&] {
                    return ReadScope{.everything = false, .maps = {{}, whole}};
                  })),
              ElementsAre(domains + " 2"));
}

TEST_F(GroupReaderTest, ARefusedAccountIsReadOnceItIsTaken) {
  const std::string refused = Serve(
      "SELECT 1 FROM virtual_mailboxes WHERE email='%s'", AsSecond("new"));
  const std::string domains =
      Serve("SELECT 1 FROM virtual_domains WHERE name='%s'", AsRoot());
  ASSERT_EQ(Connect(), absl::OkStatus());
  const auto again = [&] {
    return ConnectRefused(plan_.servers[0].hosts[0], kTimeout, kTimeout,
                          &server_.refused, &server_.readers);
  };
  EXPECT_EQ(again(), absl::OkStatus());
  EXPECT_THAT(server_.refused, SizeIs(1));
  Run({"ALTER USER second@localhost IDENTIFIED BY 'new'"});
  EXPECT_EQ(again(), absl::OkStatus());
  EXPECT_THAT(server_.refused, IsEmpty());
  EXPECT_THAT(Faults(), SizeIs(1)) << "until it is prepared";
  Prepare();
  EXPECT_THAT(Faults(), IsEmpty());
  EXPECT_THAT(Read(), ElementsAre(domains + " 2", refused + " 4"));
}

// The server takes over a grant on a database when that is selected.
TEST_F(GroupReaderTest, AGrantOnTheDatabaseMendsAMapOfTheSameConnection) {
  Run(
      {"GRANT SELECT ON mailserver.virtual_domains TO third@localhost"
       " IDENTIFIED BY 'x'"});
  Settings settings = AsSecond("x");
  settings["user"] = "third";
  Serve("SELECT 1 FROM virtual_domains WHERE name='%s'", settings);
  Serve("SELECT destination FROM virtual_aliases WHERE source='%s'", settings);
  ASSERT_EQ(Connect(), absl::OkStatus());
  Prepare();
  ASSERT_THAT(Faults(), SizeIs(1));
  EXPECT_FALSE(IsMended(server_.readers[0], 1, &collations_));
  Run({"GRANT SELECT ON mailserver.* TO third@localhost"});
  EXPECT_TRUE(IsMended(server_.readers[0], 1, &collations_));
  Run({"DROP USER third@localhost"});
}

TEST_F(GroupReaderTest, WhereEveryAccountIsRefusedTheServerIs) {
  Serve("SELECT 1 FROM virtual_mailboxes WHERE email='%s'", AsSecond("wrong"));
  Serve("SELECT 1 FROM virtual_domains WHERE name='%s'", AsSecond("bad"));
  EXPECT_TRUE(absl::IsUnauthenticated(Connect()));
}

// Until it is found again, it is no table that no signal tells of.
TEST_F(GroupReaderTest, ATableThatIsMissingIsNoBlindSpot) {
  Run({"CREATE TABLE t (k VARCHAR(50), v VARCHAR(50))",
       "CREATE VIEW v AS SELECT k, v FROM t", "DROP TABLE t"});
  Serve("SELECT v FROM v WHERE k='%s'", AsRoot());
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  ASSERT_EQ(Connect(), absl::OkStatus());
  Prepare();
  ASSERT_THAT(Faults(), SizeIs(2));
  for (const PreparedMap& map : server_.readers[0].maps) {
    EXPECT_EQ(map.survey.blind_spot, "");
  }
  Run({"CREATE TABLE t (k VARCHAR(50), v VARCHAR(50))"});
  EXPECT_TRUE(IsMended(server_.readers[0], 0, &collations_));
  EXPECT_TRUE(IsMended(server_.readers[0], 1, &collations_));
}

}  // namespace
}  // namespace postmirror
