#include "sync/mirror_loop.h"

#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/digest.h"
#include "schema/store/store_writer.h"
#include "sync/accept_request.h"
#include "sync/guard_record.h"
#include "tests/sync/mirror_loop_test_case.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class MirrorLoopTest : public MirrorLoopTestCase {
 protected:
  // Asks to release what is held of the map, and waits for the answer.
  AcceptAnswer Accept(const std::string& map, const std::string& digest) {
    EXPECT_EQ(PostAcceptRequest(EnvironmentFolder(),
                                {.map = map,
                                 .id = "1",
                                 .removals = StatusOf(map).held_removals,
                                 .digest = digest,
                                 .requested = SystemClock().Now().wall}),
              absl::OkStatus());
    absl::StatusOr<std::optional<AcceptAnswer>> answer;
    EXPECT_TRUE(Await([&] {
      answer = TakeAcceptAnswer(EnvironmentFolder(), map, "1");
      return answer.ok() && answer->has_value();
    }));
    return answer.ok() && answer->has_value() ? **answer : AcceptAnswer();
  }

  // Waits until nothing moves the LSN any more, as the server's own tidying
  // does for a while, so that what is done next has to be seen by other means.
  void AwaitQuiet(const std::string& map) const {
    const auto lsn = [] {
      return *server().Ask(
          "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
          " WHERE VARIABLE_NAME = 'INNODB_LSN_CURRENT'");
    };
    EXPECT_TRUE(Await([&] {
      const std::optional<std::string> before = lsn();
      for (int i = 0; i < 3; ++i) {
        const std::optional<Moment> confirmed = StatusOf(map).confirmed;
        if (!Await([&] { return StatusOf(map).confirmed != confirmed; })) {
          return false;
        }
      }
      return lsn() == before;
    }));
  }
};

TEST_F(MirrorLoopTest, FillsEveryMap) {
  const std::string domains = ServeDomains();
  const std::string aliases = ServeAliases();
  Start();
  EXPECT_TRUE(AwaitLookup(domains, "example.org", "1"));
  EXPECT_EQ(Lookup(aliases, "contact@example.org"), "info@example.org");
  EXPECT_EQ(Lookup(aliases, "nobody@example.org"), "NOT FOUND");
  EXPECT_THAT(
      logger_.lines(),
      ElementsAre(HasSubstr("change source lsn: log_bin is off; every table is "
                            "InnoDB; freshness is at worst about 55ms"),
                  HasSubstr("filled, 2 entries"),
                  HasSubstr("filled, 7 entries")));
}

TEST_F(MirrorLoopTest, InsertUpdateDeleteAndCascadeArrive) {
  const std::string aliases = ServeAliases();
  Start();
  ASSERT_TRUE(AwaitLookup(aliases, "press@example.org", "news@example.com"));
  Run({"INSERT INTO virtual_aliases VALUES (20, 1, 'new@example.org', 'a@b')"});
  EXPECT_TRUE(AwaitLookup(aliases, "new@example.org", "a@b"));
  Run({"UPDATE virtual_aliases SET destination = 'c@d' WHERE id = 20"});
  EXPECT_TRUE(AwaitLookup(aliases, "new@example.org", "c@d"));
  Run({"DELETE FROM virtual_aliases WHERE id = 20"});
  EXPECT_TRUE(AwaitLookup(aliases, "new@example.org", "NOT FOUND"));
  Run({"DELETE FROM virtual_domains WHERE id = 2"});
  EXPECT_TRUE(AwaitLookup(aliases, "@example.net", "NOT FOUND"));
}

TEST_F(MirrorLoopTest, FreshnessAdvancesWhileNothingChanges) {
  const std::string aliases = ServeAliases();
  Start();
  ASSERT_TRUE(Await([&] { return StatusOf(aliases).confirmed.has_value(); }));
  const Moment first = *StatusOf(aliases).confirmed;
  const uint64_t before = StoreProbe(folder_.File("store")).LastTransaction();
  EXPECT_TRUE(Await([&] { return StatusOf(aliases).confirmed != first; }));
  EXPECT_EQ(StoreProbe(folder_.File("store")).LastTransaction(), before);
}

TEST_F(MirrorLoopTest, ATruncatedTableIsHeldUntilItIsAccepted) {
  Run(
      {"INSERT INTO virtual_aliases (domain_id, source, destination) VALUES"
       " (1, 'a', 'x'), (1, 'b', 'x'), (1, 'c', 'x'), (1, 'd', 'x')"});
  const std::string domains = ServeDomains();
  const std::string aliases = ServeAliases();
  Start();
  ASSERT_TRUE(AwaitLookup(aliases, "info@example.org",
                          "john@example.org,jane@example.org,"
                          "kerstin@example.org"));
  Run({"TRUNCATE virtual_aliases"});
  ASSERT_TRUE(AwaitHeld(aliases, 11));
  const std::optional<Moment> confirmed = StatusOf(aliases).confirmed;
  Run({"INSERT INTO virtual_aliases VALUES (1, 1, 'new@example.org', 'a@b')",
       "INSERT INTO virtual_domains VALUES (3, 'example.com')"});
  EXPECT_TRUE(AwaitLookup(aliases, "new@example.org", "a@b"));
  EXPECT_TRUE(AwaitLookup(domains, "example.com", "1"));
  EXPECT_EQ(Lookup(aliases, "contact@example.org"), "info@example.org");
  // Once by what was read last, once more by the change signal.
  for (int i = 0; i < 2; ++i) {
    const std::optional<Moment> others = StatusOf(domains).confirmed;
    EXPECT_TRUE(Await([&] { return StatusOf(domains).confirmed != others; }));
  }
  EXPECT_EQ(StatusOf(aliases).confirmed, confirmed) << "its freshness grows";
  EXPECT_EQ(logger_.Count("is held"), 1U);

  const AcceptAnswer answer = Accept(aliases, StatusOf(aliases).held_digest);
  EXPECT_TRUE(answer.applied) << answer.reason;
  EXPECT_EQ(Lookup(aliases, "contact@example.org"), "NOT FOUND");
  EXPECT_EQ(Lookup(aliases, "new@example.org"), "a@b");
  EXPECT_TRUE(AwaitHeld(aliases, 0));
  EXPECT_EQ(logger_.Count("is not held any more"), 1U);
}

TEST_F(MirrorLoopTest, AnAcceptOfAnotherChangeSetIsRefused) {
  const std::string aliases = ServeAliases();
  Start();
  ASSERT_TRUE(AwaitLookup(aliases, "press@example.org", "news@example.com"));
  Run({"TRUNCATE virtual_aliases"});
  ASSERT_TRUE(AwaitHeld(aliases, 7));
  const AcceptAnswer answer = Accept(aliases, "0123456789abcdef");
  EXPECT_FALSE(answer.applied);
  EXPECT_THAT(answer.reason, HasSubstr("postmirrorctl status"));
  EXPECT_EQ(Lookup(aliases, "press@example.org"), "news@example.com");
}

// Eleven removals are less than max_shrink: only what was held before holds
// them.
TEST_F(MirrorLoopTest, ARestartDoesNotReleaseAHeldMap) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(9), v INT) "
       "ENGINE=InnoDB"});
  for (int i = 0; i < 30; ++i) {
    Run({absl::StrCat("INSERT INTO t VALUES (", i, ", ", i, ", 1)")});
  }
  const std::string map = Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  Start();
  ASSERT_TRUE(AwaitLookup(map, "29", "1"));
  Run({"DELETE FROM t WHERE id < 20"});
  ASSERT_TRUE(AwaitHeld(map, 20));
  Stop();
  Run(
      {"INSERT INTO t (id, k, v) VALUES (11, 11, 1), (12, 12, 1), (13, 13, 1),"
       " (14, 14, 1), (15, 15, 1), (16, 16, 1), (17, 17, 1), (18, 18, 1),"
       " (19, 19, 1), (40, 40, 1)"});
  Start();
  ASSERT_TRUE(AwaitLookup(map, "40", "1"));
  EXPECT_TRUE(AwaitHeld(map, 11));
  EXPECT_EQ(Lookup(map, "0"), "1");
}

TEST_F(MirrorLoopTest, WhatAnotherHostMayHaveLackedIsReleased) {
  const std::string aliases = ServeAliases();
  Start();
  ASSERT_TRUE(AwaitLookup(aliases, "press@example.org", "news@example.com"));
  Stop();
  GuardRecord record;
  record.held_keys.uncontained = KeySet({Digest("press@example.org")});
  {
    const auto writer = StoreWriter::Open(folder_.File("store"));
    const auto transaction = (*writer)->Begin();
    ASSERT_EQ((*transaction)
                  ->PutNote(absl::StrCat("guard/", DigestText(aliases)),
                            EncodeGuardRecord(record)),
              absl::OkStatus());
    ASSERT_EQ((*transaction)->Commit(), absl::OkStatus());
  }
  Run({"DELETE FROM virtual_aliases WHERE source = 'press@example.org'"});
  Start();
  EXPECT_TRUE(AwaitLookup(aliases, "press@example.org", "NOT FOUND"));
}

TEST_F(MirrorLoopTest, AHeldTableThatComesBackIsReleased) {
  const std::string aliases = ServeAliases();
  Start();
  ASSERT_TRUE(AwaitLookup(aliases, "press@example.org", "news@example.com"));
  Run({"CREATE TABLE saved AS SELECT * FROM virtual_aliases",
       "TRUNCATE virtual_aliases"});
  ASSERT_TRUE(AwaitHeld(aliases, 7));
  Run({"INSERT INTO virtual_aliases SELECT * FROM saved"});
  EXPECT_TRUE(AwaitHeld(aliases, 0));
  EXPECT_EQ(Lookup(aliases, "press@example.org"), "news@example.com");
}

TEST_F(MirrorLoopTest, ATableThatIsNotInnodbIsFollowedByInterval) {
  Run(
      {"CREATE TABLE heap (id INT PRIMARY KEY, k VARCHAR(9), v VARCHAR(9))"
       " ENGINE=MyISAM",
       "INSERT INTO heap VALUES (1, 'a', '1')"});
  const std::string map = Serve("SELECT v FROM heap WHERE k='%s'", AsRoot());
  Start("reconcile_interval = 200ms\n");
  ASSERT_TRUE(AwaitLookup(map, "a", "1"));
  Run({"UPDATE heap SET v = '2'"});
  EXPECT_TRUE(AwaitLookup(map, "a", "2"));
  const ServerStatus server = Status().servers[0];
  EXPECT_EQ(server.change_source, "interval");
  EXPECT_EQ(server.reason, absl::StrCat("log_bin is off; map ", map,
                                        ": table mailserver.heap is MyISAM; "
                                        "changes of all maps are found every "
                                        "200ms"));
  // Nobody wants it, and one map is why all have it.
  EXPECT_EQ(logger_.Count("cannot be used; change source interval: log_bin is "
                          "off; map "),
            1U);
}

TEST_F(MirrorLoopTest, ATableThatBecomesMyisamIsFollowedByIntervalFromThenOn) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(9), v VARCHAR(9))"
       " ENGINE=InnoDB",
       "INSERT INTO t VALUES (1, 'a', '1')"});
  const std::string map = Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  Start();
  ASSERT_TRUE(AwaitLookup(map, "a", "1"));
  Run({"ALTER TABLE t ENGINE=MyISAM"});
  EXPECT_TRUE(
      Await([&] { return Status().servers[0].change_source == "interval"; }));
}

TEST_F(MirrorLoopTest, AFunctionThatMayReadMoreIsFollowedByInterval) {
  Run(
      {"CREATE FUNCTION twice(v VARCHAR(50)) RETURNS VARCHAR(100) DETERMINISTIC"
       " RETURN CONCAT(v, v)"});
  Settings settings = AsRoot();
  settings["mirror_query"] =
      "SELECT source, twice(destination) FROM virtual_aliases";
  const std::string map = Serve("", settings);
  Start();
  EXPECT_TRUE(AwaitLookup(map, "press@example.org",
                          "news@example.comnews@example.com"));
  EXPECT_TRUE(
      Await([&] { return !Status().servers[0].change_source.empty(); }));
  EXPECT_THAT(Status().servers[0].reason, HasSubstr("function twice"));
}

// Which moves no LSN.
TEST_F(MirrorLoopTest, ARedefinedViewIsFollowed) {
  Run(
      {"CREATE VIEW shown AS SELECT source, destination FROM virtual_aliases"
       " WHERE source <> 'press@example.org'",
       "CREATE VIEW outer_view AS SELECT * FROM shown"});
  const std::string map =
      Serve("SELECT destination FROM outer_view WHERE source='%s'", AsRoot());
  Start();
  ASSERT_TRUE(AwaitLookup(map, "contact@example.org", "info@example.org"));
  ASSERT_TRUE(Await([&] { return StatusOf(map).confirmed.has_value(); }));
  EXPECT_EQ(Status().servers[0].change_source, "lsn");
  EXPECT_EQ(Lookup(map, "press@example.org"), "NOT FOUND");
  AwaitQuiet(map);
  Run(
      {"CREATE OR REPLACE VIEW shown AS SELECT source, destination"
       " FROM virtual_aliases"});
  EXPECT_TRUE(AwaitLookup(map, "press@example.org", "news@example.com"));
  AwaitQuiet(map);
  Run({"DROP VIEW shown"});
  EXPECT_TRUE(AwaitError("outer_view"));
  EXPECT_EQ(Lookup(map, "press@example.org"), "news@example.com");
}

// From then on a redefinition would not be seen.
TEST_F(MirrorLoopTest, AViewWhoseDefinitionIsHiddenIsFollowedByInterval) {
  Run({"CREATE VIEW shown AS SELECT source, destination FROM virtual_aliases",
       "GRANT SELECT, SHOW VIEW ON shown TO postmirror@'127.0.0.1'"});
  const std::string map =
      Serve("SELECT destination FROM shown WHERE source='%s'");
  Start();
  ASSERT_TRUE(AwaitLookup(map, "press@example.org", "news@example.com"));
  EXPECT_TRUE(
      Await([&] { return Status().servers[0].change_source == "lsn"; }));
  AwaitQuiet(map);
  Run({"REVOKE SHOW VIEW ON shown FROM postmirror@'127.0.0.1'"});
  EXPECT_TRUE(
      Await([&] { return Status().servers[0].change_source == "interval"; }));
  EXPECT_THAT(Status().servers[0].reason, HasSubstr("no SHOW VIEW privilege"));
}

TEST_F(MirrorLoopTest, AVirtualColumnThatAsksForTheTimeIsFollowedByInterval) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(9), d DATETIME,"
       " live BOOL AS (d > NOW()) VIRTUAL) ENGINE=InnoDB",
       "INSERT INTO t (id, k, d) VALUES (1, 'a', NOW() + INTERVAL 2 SECOND),"
       " (2, 'b', NOW() + INTERVAL 2 DAY)"});
  const std::string map =
      Serve("SELECT 1 FROM t WHERE k='%s' AND live", AsRoot());
  Start("reconcile_interval = 200ms\n");
  ASSERT_TRUE(AwaitLookup(map, "b", "1"));
  EXPECT_TRUE(AwaitLookup(map, "a", "NOT FOUND"));
  EXPECT_THAT(Status().servers[0].reason, HasSubstr("column live of table"));
}

TEST_F(MirrorLoopTest, TheTablesAreAskedAboutOnceARead) {
  const std::string aliases = ServeAliases();
  const auto asked = [] {
    return *server().Ask(
        "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
        " WHERE VARIABLE_NAME = 'COM_SHOW_KEYS'");
  };
  const std::optional<std::string> before = asked();
  Start("change_source = interval\n");
  ASSERT_TRUE(AwaitLookup(aliases, "press@example.org", "news@example.com"));
  EXPECT_EQ(std::stol(*asked()), std::stol(*before) + 1);
}

TEST_F(MirrorLoopTest, IntervalMayBeConfigured) {
  const std::string aliases = ServeAliases();
  Start("change_source = interval\nreconcile_interval = 200ms\n");
  ASSERT_TRUE(AwaitLookup(aliases, "press@example.org", "news@example.com"));
  Run({"DELETE FROM virtual_aliases WHERE source = 'press@example.org'"});
  EXPECT_TRUE(AwaitLookup(aliases, "press@example.org", "NOT FOUND"));
  EXPECT_THAT(Status().servers[0].reason, HasSubstr("configured"));
}

TEST_F(MirrorLoopTest, TheSecondHostIsUsedWhereTheFirstRefuses) {
  const std::string hosts =
      absl::StrCat("127.0.0.1:1 ", server().Tcp().ToString());
  const std::string aliases =
      Serve("SELECT destination FROM virtual_aliases WHERE source='%s'",
            {{"hosts", hosts}});
  Start();
  EXPECT_TRUE(AwaitLookup(aliases, "press@example.org", "news@example.com"));
  ASSERT_TRUE(Await([&] { return !Status().servers[0].server.empty(); }));
  EXPECT_THAT(Status().servers[0].server,
              EndsWith(" at " + server().Tcp().ToString()));
  EXPECT_EQ(Status().servers[0].error, "");
  EXPECT_EQ(logger_.Count("error"), 0U);
}

TEST_F(MirrorLoopTest, AnEarlierHostIsTriedAgainAtEachReconcile) {
  const std::string socket = folder_.File("socket");
  Settings settings = AsRoot();
  settings["hosts"] =
      absl::StrCat("unix:", socket, " ", server().Tcp().ToString());
  settings["user"] = "everywhere";
  Run({"CREATE OR REPLACE USER everywhere",
       "GRANT SELECT ON *.* TO everywhere"});
  Serve("SELECT destination FROM virtual_aliases WHERE source='%s'", settings);
  Start("reconcile_interval = 100ms\n");
  const auto connected = [&](const std::string& address) {
    return Await([&] {
      return absl::StrContains(Status().servers[0].server, " at " + address);
    });
  };
  EXPECT_TRUE(connected(server().Tcp().ToString()));
  ASSERT_EQ(symlink(server().Unix().unix_path.c_str(), socket.c_str()), 0);
  EXPECT_TRUE(connected("unix:" + socket));
}

TEST_F(MirrorLoopTest, ServersAreFollowedEachByItself) {
  const std::string gone =
      Serve("SELECT destination FROM virtual_aliases WHERE source='%s'",
            {{"hosts", "127.0.0.1:1"}});
  const std::string aliases = ServeAliases();
  Start();
  EXPECT_TRUE(AwaitLookup(aliases, "press@example.org", "news@example.com"));
  EXPECT_EQ(Lookup(gone, "press@example.org"), "TEMPORARY");
  EXPECT_TRUE(AwaitError("127.0.0.1:1"));
  EXPECT_EQ(Status().servers[1].error, "");
}

TEST_F(MirrorLoopTest, ARestartFindsTheStoreAsItWasAndFollowsOn) {
  const std::string aliases = ServeAliases();
  Start();
  ASSERT_TRUE(AwaitLookup(aliases, "press@example.org", "news@example.com"));
  ASSERT_TRUE(Await([&] { return StatusOf(aliases).confirmed.has_value(); }));
  Stop();
  Run({"DELETE FROM virtual_aliases WHERE source = 'press@example.org'"});
  EXPECT_EQ(Lookup(aliases, "press@example.org"), "news@example.com");
  logger_.Take();
  Start();
  EXPECT_TRUE(StatusOf(aliases).confirmed.has_value());
  EXPECT_TRUE(AwaitLookup(aliases, "press@example.org", "NOT FOUND"));
  EXPECT_EQ(logger_.Count("filled"), 0U);
}

}  // namespace
}  // namespace postmirror
