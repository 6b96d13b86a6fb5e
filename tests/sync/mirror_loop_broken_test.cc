// One map of a server that cannot be read, beside others that can.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/sync/mirror_loop_test_case.h"

namespace postmirror {
namespace {

class MirrorLoopBrokenTest : public MirrorLoopTestCase {
 protected:
  void SetUp() override {
    MirrorTestCase::SetUp();
    aliases_ = ServeAliases();
    mailboxes_ = ServeMailboxes();
  }

  void StartFilled(const std::string& settings = "") {
    Start(settings);
    ASSERT_TRUE(AwaitLookup(aliases_, "press@example.org", "news@example.com"));
    ASSERT_TRUE(AwaitLookup(mailboxes_, "john@example.org", "1"));
    logger_.Take();
  }

  static void Insert(const std::string& email) {
    Run(
        {absl::StrCat("INSERT INTO virtual_mailboxes (domain_id, email, "
                      "password) VALUES (1, '",
                      email, "', '')")});
  }

  static void RenameColumn() {
    Run({"ALTER TABLE virtual_aliases CHANGE destination other VARCHAR(100)"});
  }
  static void RenameColumnBack() {
    Run({"ALTER TABLE virtual_aliases CHANGE other destination VARCHAR(100)"});
  }

  bool AwaitBroken(const std::string& map, const std::string& part) const {
    return Await([&] { return absl::StrContains(StatusOf(map).broken, part); });
  }
  bool AwaitMended(const std::string& map) const {
    return Await([&] { return StatusOf(map).broken.empty(); });
  }

  std::string aliases_;
  std::string mailboxes_;
};

TEST_F(MirrorLoopBrokenTest, OtherMapsGoOnWithoutABrokenOne) {
  StartFilled();
  RenameColumn();
  Insert("new@example.org");
  EXPECT_TRUE(AwaitLookup(mailboxes_, "new@example.org", "1"));
  EXPECT_TRUE(AwaitBroken(aliases_, "1054"));
  EXPECT_EQ(Lookup(aliases_, "press@example.org"), "news@example.com");
  EXPECT_TRUE(Status().servers[0].error.empty());
  EXPECT_EQ(Metric("postmirror_sync_map_broken", aliases_), 1);
  EXPECT_EQ(Metric("postmirror_sync_map_broken", mailboxes_), 0);
  // The next ones arrive as they come.
  Insert("next@example.org");
  EXPECT_TRUE(AwaitLookup(mailboxes_, "next@example.org", "1"));
  EXPECT_EQ(logger_.Count("error: "), 1U);
  EXPECT_EQ(logger_.Count("is broken: "), 1U);
}

TEST_F(MirrorLoopBrokenTest, AMendedMapIsReadWholeAndToldOnce) {
  StartFilled();
  RenameColumn();
  ASSERT_TRUE(AwaitBroken(aliases_, "1054"));
  Run(
      {"INSERT INTO virtual_aliases VALUES (90, 1, 'later@example.org', "
       "'a@b')",
       "DELETE FROM virtual_aliases WHERE source = 'press@example.org'"});
  RenameColumnBack();
  EXPECT_TRUE(AwaitLookup(aliases_, "later@example.org", "a@b"));
  EXPECT_TRUE(AwaitLookup(aliases_, "press@example.org", "NOT FOUND"));
  EXPECT_TRUE(AwaitMended(aliases_));
  EXPECT_FALSE(StatusOf(aliases_).broken_since.has_value());
  EXPECT_EQ(logger_.Count("can be read again"), 1U);
  EXPECT_EQ(logger_.Count("differed though"), 0U);
}

// Nothing hints at it: its tables are not known, and a grant moves no LSN.
TEST_F(MirrorLoopBrokenTest, AMapThatIsMendedByAGrantIsReadAgain) {
  const std::string grant =
      "SELECT (id, source, destination) ON mailserver.virtual_aliases ";
  const auto for_both = [&](const char* verb, const char* to) {
    for (const char* host : {"127.0.0.1", "localhost"}) {
      Run({absl::StrCat(verb, " ", grant, to, " 'postmirror'@'", host, "'")});
    }
  };
  StartFilled("change_source = lsn\n");
  for_both("REVOKE", "FROM");
  Insert("new@example.org");
  EXPECT_TRUE(AwaitBroken(aliases_, "denied"));
  EXPECT_TRUE(AwaitLookup(mailboxes_, "new@example.org", "1"));
  for_both("GRANT", "TO");
  EXPECT_TRUE(AwaitMended(aliases_));
}

TEST_F(MirrorLoopBrokenTest, OtherMapsGoOnWithoutOneThatTakesTooMuchMemory) {
  StartFilled("map_memory_limit = 1M\nreconcile_interval = 2s\n");
  Run(
      {"INSERT INTO virtual_aliases (domain_id, source, destination) SELECT 1,"
       " CONCAT('many', seq, '@example.org'), 'a@b' FROM seq_1_to_60000"});
  Insert("new@example.org");
  EXPECT_TRUE(AwaitBroken(aliases_, "map_memory_limit = 1M"));
  EXPECT_TRUE(AwaitLookup(mailboxes_, "new@example.org", "1"));
  EXPECT_EQ(Lookup(aliases_, "press@example.org"), "news@example.com");
  // No fault of the server.
  EXPECT_EQ(Status().servers[0].error, "");
  EXPECT_EQ(logger_.Count("trying again"), 0U);
  Insert("next@example.org");
  EXPECT_TRUE(AwaitLookup(mailboxes_, "next@example.org", "1"));
  Run({"DELETE FROM virtual_aliases WHERE source LIKE 'many%'"});
  EXPECT_TRUE(AwaitMended(aliases_));
  EXPECT_EQ(logger_.Count("is broken: "), 1U);
}

TEST_F(MirrorLoopBrokenTest, OtherMapsGoOnWithoutOneThatHasAnEndlessRow) {
  std::string columns;
  for (int i = 0; i < 5; ++i) {
    absl::StrAppend(&columns,
                    ", IF(destination = 'long', REPEAT('x', 16000000), NULL)");
  }
  const std::string rewritten = Serve(
      "", {{"mirror_query", absl::StrCat("SELECT source, destination", columns,
                                         " FROM virtual_aliases")}});
  StartFilled("reconcile_interval = 2s\n");
  ASSERT_TRUE(AwaitLookup(rewritten, "press@example.org", "news@example.com"));
  Run(
      {"INSERT INTO virtual_aliases VALUES (90, 1, 'later@example.org',"
       " 'long')"});
  Insert("new@example.org");
  EXPECT_TRUE(AwaitBroken(rewritten, "more than 67108864 bytes"));
  EXPECT_TRUE(AwaitLookup(mailboxes_, "new@example.org", "1"));
  EXPECT_TRUE(AwaitLookup(aliases_, "later@example.org", "long"));
  EXPECT_EQ(Lookup(rewritten, "press@example.org"), "news@example.com");
  EXPECT_EQ(Status().servers[0].error, "");
  Run({"UPDATE virtual_aliases SET destination = 'a@b' WHERE id = 90"});
  EXPECT_TRUE(AwaitLookup(rewritten, "later@example.org", "a@b"));
  EXPECT_TRUE(AwaitMended(rewritten));
}

TEST_F(MirrorLoopBrokenTest, ATableThatIsAwayForAMomentBreaksNothing) {
  StartFilled();
  Run({"RENAME TABLE virtual_aliases TO gone"});
  Insert("new@example.org");
  // The read is tried in vain meanwhile.
  EXPECT_TRUE(Await(
      [&] { return Metric("postmirror_sync_mariadb_errors_total") >= 2; }));
  Run({"RENAME TABLE gone TO virtual_aliases"});
  EXPECT_TRUE(AwaitLookup(mailboxes_, "new@example.org", "1"));
  EXPECT_EQ(StatusOf(aliases_).broken, "");
  EXPECT_EQ(logger_.Count("is broken"), 0U);
}

TEST_F(MirrorLoopBrokenTest, MapsThatWereNeverFilledAreFilledBesideIt) {
  RenameColumn();
  Start();
  EXPECT_TRUE(AwaitLookup(mailboxes_, "john@example.org", "1"));
  EXPECT_TRUE(AwaitBroken(aliases_, "1054"));
  EXPECT_EQ(Lookup(aliases_, "press@example.org"), "TEMPORARY");
  RenameColumnBack();
  EXPECT_TRUE(AwaitLookup(aliases_, "press@example.org", "news@example.com"));
}

TEST_F(MirrorLoopBrokenTest, SinceWhenItIsBrokenOutlivesARestart) {
  StartFilled();
  RenameColumn();
  ASSERT_TRUE(AwaitBroken(aliases_, "1054"));
  const std::optional<Moment> since = StatusOf(aliases_).broken_since;
  Stop();
  Start();
  Insert("new@example.org");
  EXPECT_TRUE(AwaitLookup(mailboxes_, "new@example.org", "1"));
  EXPECT_TRUE(Await([&] { return logger_.Count("is broken") == 2; }));
  EXPECT_EQ(StatusOf(aliases_).broken_since, since);
}

TEST_F(MirrorLoopBrokenTest, AllMapsThatFailAreNamedInTheServersError) {
  StartFilled();
  RenameColumn();
  Run({"ALTER TABLE virtual_mailboxes CHANGE email other VARCHAR(100)"});
  EXPECT_TRUE(AwaitError("map " + aliases_));
  EXPECT_TRUE(AwaitError("map " + mailboxes_));
  EXPECT_TRUE(AwaitBroken(aliases_, "1054"));
  EXPECT_EQ(Lookup(mailboxes_, "john@example.org"), "1");
}

// The account that cannot log on has a group of its own.
TEST_F(MirrorLoopBrokenTest, AnAccountThatIsRefusedBreaksItsMapsAlone) {
  Run({"CREATE OR REPLACE USER second@'127.0.0.1' IDENTIFIED BY 'wrong'",
       "GRANT SELECT ON mailserver.* TO second@'127.0.0.1'"});
  const std::string others =
      Serve("SELECT 1 FROM virtual_domains WHERE name='%s'",
            {{"user", "second"}, {"password", "right"}});
  Start();
  EXPECT_TRUE(AwaitLookup(mailboxes_, "john@example.org", "1"));
  EXPECT_TRUE(AwaitBroken(others, "1045"));
  EXPECT_EQ(Lookup(others, "example.org"), "TEMPORARY");
  Run({"ALTER USER second@'127.0.0.1' IDENTIFIED BY 'right'"});
  EXPECT_TRUE(AwaitLookup(others, "example.org", "1"));
  EXPECT_TRUE(AwaitMended(others));
}

}  // namespace
}  // namespace postmirror
