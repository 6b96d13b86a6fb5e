// The loop with a binlog as its change source.
#include <unistd.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/sync/mirror_loop_test_case.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

class MirrorLoopBinlogTest : public MirrorLoopTestCase {
 protected:
  static void SetUpTestSuite() {
    MirrorLoopTestCase::SetUpTestSuite();
    UseServerWithBinlog();
  }

  // Starts, and waits until the first read is over.
  void StartWithAliases(const std::string& settings = "") {
    aliases_ = ServeAliases();
    Start(settings);
    ASSERT_TRUE(AwaitLookup(aliases_, "press@example.org", "news@example.com"));
    ASSERT_TRUE(
        Await([&] { return StatusOf(aliases_).confirmed.has_value(); }));
  }

  // A table that was made just now is read once more when it is older.
  static void AwaitOldTables() {
    const auto root = ConnectAsRoot();
    ASSERT_TRUE(Await([&] {
      return Rows(*root,
                  "SELECT MIN(TIMESTAMPDIFF(SECOND, CREATE_TIME, NOW())) >= 2"
                  " FROM information_schema.TABLES"
                  " WHERE TABLE_SCHEMA = 'mailserver'")[0] == "1";
    }));
  }

  std::string aliases_;
};

TEST_F(MirrorLoopBinlogTest, TheStatusSaysThatItIsTheBinlog) {
  StartWithAliases();
  EXPECT_EQ(Status().servers[0].change_source, "binlog");
  EXPECT_THAT(Status().servers[0].reason,
              HasSubstr("the server has one and the account may read it"));
}

// The next read of everything is an hour away.
TEST_F(MirrorLoopBinlogTest, InsertUpdateDeleteAndCascadeArrive) {
  AwaitOldTables();
  StartWithAliases();
  Run({"INSERT INTO virtual_aliases VALUES (20, 1, 'new@example.org', 'a@b')"});
  EXPECT_TRUE(AwaitLookup(aliases_, "new@example.org", "a@b"));
  Run({"UPDATE virtual_aliases SET destination = 'c@d' WHERE id = 20"});
  EXPECT_TRUE(AwaitLookup(aliases_, "new@example.org", "c@d"));
  Run({"DELETE FROM virtual_aliases WHERE id = 20"});
  EXPECT_TRUE(AwaitLookup(aliases_, "new@example.org", "NOT FOUND"));
  Run({"INSERT INTO virtual_domains VALUES (9, 'cascade.test')",
       "INSERT INTO virtual_aliases VALUES (21, 9, 'x@cascade.test', 'a@b')"});
  EXPECT_TRUE(AwaitLookup(aliases_, "x@cascade.test", "a@b"));
  Run({"DELETE FROM virtual_domains WHERE id = 9"});
  EXPECT_TRUE(AwaitLookup(aliases_, "x@cascade.test", "NOT FOUND"));
  EXPECT_EQ(logger_.Count("told of nothing"), 0U);
  EXPECT_GE(Metric("postmirror_sync_diffs_total", "named"), 3);
  EXPECT_EQ(Metric("postmirror_sync_diffs_total", "everything"), 1);
  EXPECT_EQ(Metric("postmirror_sync_change_source", "binlog"), 1);
}

TEST_F(MirrorLoopBinlogTest, RowsOfAnAlteredTableArrive) {
  StartWithAliases();
  Run({"ALTER TABLE virtual_aliases ADD COLUMN note VARCHAR(50) FIRST",
       "INSERT INTO virtual_aliases (id, domain_id, source, destination)"
       " VALUES (20, 1, 'new@example.org', 'a@b')"});
  EXPECT_TRUE(AwaitLookup(aliases_, "new@example.org", "a@b"));
  Run({"DELETE FROM virtual_aliases WHERE id = 20"});
  EXPECT_TRUE(AwaitLookup(aliases_, "new@example.org", "NOT FOUND"));
  EXPECT_EQ(Status().servers[0].change_source, "binlog");
}

// In no binlog; the table has another number from then on.
TEST_F(MirrorLoopBinlogTest, RowsOfATableThatWasAlteredUnloggedArrive) {
  StartWithAliases();
  Run({"SET sql_log_bin = 0",
       "ALTER TABLE virtual_aliases ADD COLUMN note VARCHAR(50) FIRST",
       "SET sql_log_bin = 1",
       "INSERT INTO virtual_aliases (id, domain_id, source, destination)"
       " VALUES (20, 1, 'new@example.org', 'a@b')"});
  EXPECT_TRUE(AwaitLookup(aliases_, "new@example.org", "a@b"));
  Run({"DELETE FROM virtual_aliases WHERE id = 20"});
  EXPECT_TRUE(AwaitLookup(aliases_, "new@example.org", "NOT FOUND"));
}

TEST_F(MirrorLoopBinlogTest, FlushedTablesAreNotReadAsAWhole) {
  AwaitOldTables();
  StartWithAliases();
  Run({"FLUSH TABLES",
       "INSERT INTO virtual_aliases VALUES (20, 1, 'new@example.org', 'a@b')"});
  EXPECT_TRUE(AwaitLookup(aliases_, "new@example.org", "a@b"));
  EXPECT_EQ(Metric("postmirror_sync_diffs_total", "everything"), 1);
}

// In no binlog, and no row of it is from then on.
TEST_F(MirrorLoopBinlogTest, AViewInThePlaceOfATableIsFound) {
  StartWithAliases();
  Run({"SET sql_log_bin = 0", "RENAME TABLE virtual_aliases TO base_aliases",
       "CREATE VIEW virtual_aliases AS SELECT * FROM base_aliases",
       "SET sql_log_bin = 1",
       "INSERT INTO base_aliases VALUES (20, 1, 'new@example.org', 'a@b')"});
  EXPECT_TRUE(AwaitLookup(aliases_, "new@example.org", "a@b"));
  EXPECT_EQ(logger_.Count("told of nothing"), 0U);
}

TEST_F(MirrorLoopBinlogTest, WithoutThePrivilegeItIsTheLsn) {
  Run({"REVOKE REPLICATION SLAVE ON *.* FROM 'postmirror'@'127.0.0.1'"});
  StartWithAliases();
  EXPECT_EQ(Status().servers[0].change_source, "lsn");
  EXPECT_THAT(Status().servers[0].reason,
              HasSubstr("the binlog cannot be read"));
  Run({"GRANT REPLICATION SLAVE ON *.* TO 'postmirror'@'127.0.0.1'"});
}

TEST_F(MirrorLoopBinlogTest, WhereItsFilterIsHiddenItIsNotTrustedForEver) {
  Run({"REVOKE BINLOG MONITOR ON *.* FROM 'postmirror'@'127.0.0.1'"});
  StartWithAliases();
  EXPECT_EQ(Status().servers[0].change_source, "binlog");
  EXPECT_THAT(Status().servers[0].reason, HasSubstr("BINLOG MONITOR"));
  Run({"SET sql_log_bin = 0",
       "INSERT INTO virtual_aliases VALUES (30, 1, 'one@example.org', 'a@b')"});
  EXPECT_TRUE(AwaitLookup(aliases_, "one@example.org", "a@b"));
  EXPECT_TRUE(
      Await([&] { return Status().servers[0].change_source == "lsn"; }));
  EXPECT_THAT(Status().servers[0].reason,
              HasSubstr("the binlog did not tell of a change"));
  EXPECT_EQ(logger_.Count("told of nothing"), 1U);
  // A new connection does not make it more trustworthy.
  Run({"KILL USER postmirror", "SET sql_log_bin = 0",
       "INSERT INTO virtual_aliases VALUES (31, 1, 'two@example.org', 'a@b')"});
  EXPECT_TRUE(AwaitLookup(aliases_, "two@example.org", "a@b"));
  EXPECT_TRUE(AwaitError(""));
  EXPECT_EQ(Status().servers[0].change_source, "lsn");
  // But that it can be seen does.
  Run({"GRANT BINLOG MONITOR ON *.* TO 'postmirror'@'127.0.0.1'",
       "KILL USER postmirror"});
  EXPECT_TRUE(
      Await([&] { return Status().servers[0].change_source == "binlog"; }));
  EXPECT_EQ(Status().servers[0].reason.find("BINLOG MONITOR"),
            std::string::npos);
}

// Nobody knows what else moves the number.
TEST_F(MirrorLoopBinlogTest, WhatTheBinlogTellsKeepsItTrustedThoughHidden) {
  AwaitOldTables();
  Run({"REVOKE BINLOG MONITOR ON *.* FROM 'postmirror'@'127.0.0.1'"});
  StartWithAliases();
  const double before = Metric("postmirror_sync_diffs_total", "everything");
  Run({"INSERT INTO virtual_aliases VALUES (30, 1, 'one@example.org', 'a@b')",
       "SET sql_log_bin = 0", "CREATE TABLE not_ours (id INT PRIMARY KEY)",
       "INSERT INTO not_ours VALUES (1)"});
  EXPECT_TRUE(AwaitLookup(aliases_, "one@example.org", "a@b"));
  EXPECT_TRUE(Await([&] {
    return Metric("postmirror_sync_diffs_total", "everything") > before;
  }));
  EXPECT_EQ(Status().servers[0].change_source, "binlog");
  EXPECT_EQ(logger_.Count("told of nothing"), 0U);
  Run({"SET sql_log_bin = 0", "DROP TABLE not_ours"});
  Run({"GRANT BINLOG MONITOR ON *.* TO 'postmirror'@'127.0.0.1'"});
}

TEST_F(MirrorLoopBinlogTest, AfterARestartOfTheServerChangesArriveAgain) {
  StartWithAliases();
  server().Kill();
  EXPECT_TRUE(Await([&] { return !Status().servers[0].error.empty(); }));
  EXPECT_EQ(Lookup(aliases_, "press@example.org"), "news@example.com");
  ASSERT_EQ(server().Restart(), absl::OkStatus());
  Run({"INSERT INTO virtual_aliases VALUES (20, 1, 'new@example.org', 'a@b')"});
  EXPECT_TRUE(AwaitLookup(aliases_, "new@example.org", "a@b"));
  EXPECT_TRUE(AwaitError(""));
  EXPECT_EQ(Status().servers[0].change_source, "binlog");
  Run({"DELETE FROM virtual_aliases WHERE id = 20"});
  EXPECT_TRUE(AwaitLookup(aliases_, "new@example.org", "NOT FOUND"));
}

// That the first host has lost something is to be kept, and the damaged store
// does not take it: what is read next is put into its place.
TEST_F(MirrorLoopBinlogTest, ADamagedStoreIsSetAsideThoughABoundIsToBeKept) {
  const std::vector<std::string> account = {
      "CREATE OR REPLACE USER everywhere", "GRANT SELECT ON *.* TO everywhere"};
  Run(account);
  MariadbServer& first = server();
  const auto gtids = first.Ask("SELECT @@gtid_binlog_pos");
  ASSERT_TRUE(gtids.ok()) << gtids.status();
  MirrorLoopTestCase::SetUpTestSuite();
  MirrorTestCase::SetUp();
  MariadbServer& second = server();
  Run(account);
  Run({absl::StrCat("SET GLOBAL gtid_slave_pos = '", **gtids, "'")});
  const auto socket = [this](const char* name) { return folder_.File(name); };
  const auto come = [&](const MariadbServer& host, const char* name) {
    ASSERT_EQ(symlink(host.Unix().unix_path.c_str(), socket(name).c_str()), 0);
  };
  const auto go = [&](const MariadbServer& host, const char* name) {
    ASSERT_EQ(unlink(socket(name).c_str()), 0);
    ASSERT_EQ(host.Run({"KILL USER everywhere"}), absl::OkStatus());
  };
  const auto await_read = [&](const char* name) {
    ASSERT_TRUE(Await([&] {
      return absl::StrContains(Status().servers[0].server, socket(name));
    })) << Status().servers[0].error;
  };
  const std::string map = Serve(
      "SELECT destination FROM virtual_aliases WHERE source='%s'",
      {{"user", "everywhere"},
       {"password", ""},
       {"hosts",
        absl::StrCat("unix:", socket("first"), " unix:", socket("second"))}});
  come(first, "first");
  come(second, "second");
  Start();
  await_read("first");
  go(first, "first");
  await_read("second");
  go(second, "second");
  ASSERT_TRUE(AwaitError("connect: "));
  std::filesystem::resize_file(EnvironmentFolder() + "/data.mdb",
                               uintmax_t{2} * 4096);
  ASSERT_EQ(first.Run({"RESET MASTER"}), absl::OkStatus());
  come(first, "first");
  ASSERT_TRUE(AwaitError("has another binlog than before"));
  come(second, "second");
  EXPECT_TRUE(
      Await([&] { return logger_.Count("is damaged, set aside") == 1; }));
  EXPECT_TRUE(AwaitLookup(map, "press@example.org", "news@example.com"));
  EXPECT_EQ(second.Run({"SET GLOBAL gtid_slave_pos = ''"}), absl::OkStatus());
  UseServerWithBinlog();
}

}  // namespace
}  // namespace postmirror
