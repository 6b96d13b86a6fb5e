// What the loop does when the server, its account, its tables or the store
// fail, and when it is to end meanwhile.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "sync/accept_request.h"
#include "tests/sync/mirror_loop_test_case.h"

namespace postmirror {
namespace {

class MirrorLoopFaultTest : public MirrorLoopTestCase {
 protected:
  void SetUp() override {
    MirrorTestCase::SetUp();
    SetPassword(kPassword);
    aliases_ = ServeAliases();
  }

  void StartFilled(const std::string& settings = "") {
    Start(settings);
    ASSERT_TRUE(AwaitLookup(aliases_, "press@example.org", "news@example.com"));
    ASSERT_TRUE(
        Await([&] { return StatusOf(aliases_).confirmed.has_value(); }));
    logger_.Take();
  }

  static void SetPassword(const std::string& password) {
    const std::unique_ptr<Connection> root = ConnectAsRoot();
    ASSERT_NE(root, nullptr);
    for (const char* host : {"127.0.0.1", "localhost"}) {
      ASSERT_EQ(root->Execute(absl::StrCat("SET PASSWORD FOR 'postmirror'@'",
                                           host, "' = PASSWORD(",
                                           root->Quote(password), ")")),
                absl::OkStatus());
    }
  }

  // Ends every connection of the account.
  static void KillConnections() { Run({"KILL USER postmirror"}); }

  // A change that is made after the fault arrives.
  void ExpectFollows() {
    Run(
        {"INSERT INTO virtual_aliases VALUES (90, 1, 'later@example.org', "
         "'a@b')"});
    EXPECT_TRUE(AwaitLookup(aliases_, "later@example.org", "a@b"));
  }

  // Whether the loop waits for a table that somebody else has locked.
  static bool AwaitBlockedRead() {
    return Await([] {
      const auto blocked = server().Ask(
          "SELECT COUNT(*) FROM information_schema.processlist WHERE user = "
          "'postmirror' AND state LIKE 'Waiting for table metadata lock%'");
      return blocked.ok() && *blocked == "1";
    });
  }

  std::string aliases_;
};

TEST_F(MirrorLoopFaultTest, AKilledServerIsOneLineDownAndOneLineUp) {
  StartFilled();
  const StoreProbe probe(folder_.File("store"));
  const uint64_t before = probe.LastTransaction();
  server().Kill();
  // Several tries in vain.
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(AwaitError("connect: "));
  EXPECT_EQ(Lookup(aliases_, "press@example.org"), "news@example.com");
  EXPECT_EQ(Lookup(aliases_, "nobody@example.org"), "NOT FOUND");
  EXPECT_EQ(probe.LastTransaction(), before);
  EXPECT_EQ(Status().servers[0].server, "");
  ASSERT_EQ(server().Restart(), absl::OkStatus());
  ExpectFollows();
  EXPECT_EQ(logger_.Count("error: "), 1U) << logger_.lines()[0];
  EXPECT_EQ(logger_.Count("is read again"), 1U);
  EXPECT_TRUE(AwaitError(""));
}

TEST_F(MirrorLoopFaultTest, EachTryInVainIsCounted) {
  const auto await = [this](const char* metric, double value) {
    EXPECT_TRUE(Await([&] { return Metric(metric) == value; })) << metric;
  };
  StartFilled();
  await("postmirror_sync_connected", 1);
  EXPECT_EQ(Metric("postmirror_sync_mariadb_errors_total"), 0);
  server().Kill();
  EXPECT_TRUE(Await(
      [&] { return Metric("postmirror_sync_mariadb_errors_total") >= 3; }));
  EXPECT_EQ(Metric("postmirror_sync_connected"), 0);
  ASSERT_EQ(server().Restart(), absl::OkStatus());
  ExpectFollows();
  await("postmirror_sync_connected", 1);
  // Nothing was removed.
  await("postmirror_sync_changes_applied_total",
        Metric("postmirror_sync_map_entries"));
}

TEST_F(MirrorLoopFaultTest, AFrozenServerIsNoticedAndFollowedOnceItThaws) {
  StartFilled("read_timeout = 1s\nconnect_timeout = 1s\n");
  server().Freeze();
  EXPECT_TRUE(AwaitError("server "));
  EXPECT_EQ(Lookup(aliases_, "press@example.org"), "news@example.com");
  server().Thaw();
  ExpectFollows();
}

TEST_F(MirrorLoopFaultTest,
       AWrongPasswordLeavesLookupsTemporaryUntilItIsRight) {
  SetPassword("another");
  Start();
  EXPECT_TRUE(AwaitError("1045"));
  EXPECT_EQ(Lookup(aliases_, "press@example.org"), "TEMPORARY");
  EXPECT_EQ(logger_.Count("error: "), 1U);
  EXPECT_EQ(logger_.Count(kPassword), 0U);
  SetPassword(kPassword);
  EXPECT_TRUE(AwaitLookup(aliases_, "press@example.org", "news@example.com"));
}

TEST_F(MirrorLoopFaultTest, APasswordThatChangesKeepsTheLastSnapshot) {
  StartFilled();
  SetPassword("another");
  KillConnections();
  EXPECT_TRUE(AwaitError("1045"));
  EXPECT_EQ(Lookup(aliases_, "press@example.org"), "news@example.com");
  SetPassword(kPassword);
  ExpectFollows();
}

TEST_F(MirrorLoopFaultTest, ADroppedTableKeepsItsEntries) {
  StartFilled();
  const StoreProbe probe(folder_.File("store"));
  const uint64_t before = probe.LastTransaction();
  Run({"RENAME TABLE virtual_aliases TO gone"});
  EXPECT_TRUE(AwaitError("map " + aliases_));
  EXPECT_EQ(Lookup(aliases_, "press@example.org"), "news@example.com");
  EXPECT_EQ(probe.LastTransaction(), before);
  Run({"RENAME TABLE gone TO virtual_aliases"});
  ExpectFollows();
  EXPECT_EQ(logger_.Count("error: "), 1U);
}

TEST_F(MirrorLoopFaultTest, ADroppedColumnKeepsTheEntries) {
  StartFilled();
  Run({"ALTER TABLE virtual_aliases CHANGE destination other VARCHAR(100)"});
  EXPECT_TRUE(AwaitError("map " + aliases_));
  EXPECT_EQ(Lookup(aliases_, "press@example.org"), "news@example.com");
}

TEST_F(MirrorLoopFaultTest, ALostConnectionIsReplaced) {
  StartFilled();
  KillConnections();
  ExpectFollows();
}

// By interval, so that no change signal can be what reads again.
TEST_F(MirrorLoopFaultTest,
       AStoreThatIsRemovedIsFilledAnewThoughNothingChanged) {
  StartFilled("change_source = interval\n");
  std::filesystem::remove_all(EnvironmentFolder());
  EXPECT_TRUE(AwaitLookup(aliases_, "press@example.org", "news@example.com"));
}

TEST_F(MirrorLoopFaultTest, AStoreThatIsCutOffIsFilledAnewByTheNextRead) {
  StartFilled("change_source = interval\nreconcile_interval = 200ms\n");
  std::filesystem::resize_file(EnvironmentFolder() + "/data.mdb",
                               uintmax_t{2} * 4096);
  EXPECT_TRUE(
      Await([&] { return logger_.Count("is damaged, set aside") == 1; }));
  EXPECT_TRUE(AwaitLookup(aliases_, "press@example.org", "news@example.com"));
}

// What is whole in it is answered until there is something better.
TEST_F(MirrorLoopFaultTest, ADamagedStoreStaysThroughAnOutage) {
  const std::string domains = ServeDomains();
  StartFilled();
  ASSERT_TRUE(AwaitLookup(domains, "example.org", "1"));
  Stop();
  server().Kill();
  GarbleRecord(aliases_);
  Start();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(AwaitError("connect: "));
  EXPECT_EQ(Lookup(domains, "example.org"), "1");
  EXPECT_EQ(Lookup(domains, "nobody.test"), "NOT FOUND");
  EXPECT_EQ(Lookup(aliases_, "press@example.org"), "TEMPORARY");
  EXPECT_EQ(logger_.Count("set aside"), 0U);
  ASSERT_EQ(server().Restart(), absl::OkStatus());
  EXPECT_TRUE(AwaitLookup(aliases_, "press@example.org", "news@example.com"));
  EXPECT_EQ(Lookup(domains, "example.org"), "1");
  EXPECT_EQ(logger_.Count("is damaged, set aside"), 1U);
}

// Found by the loop that reads next; the other one has nothing to read for an
// hour, but for that.
TEST_F(MirrorLoopFaultTest, MapsOfOtherServersAreReadAgainAfterDamage) {
  const std::string others =
      Serve("SELECT 1 FROM virtual_mailboxes WHERE email='%s'", AsRoot());
  StartFilled("change_source = interval\n");
  ASSERT_TRUE(AwaitLookup(others, "john@example.org", "1"));
  GarbleRecord(aliases_);
  ASSERT_EQ(PostAcceptRequest(EnvironmentFolder(),
                              {.map = aliases_,
                               .id = "1",
                               .removals = 1,
                               .digest = "0",
                               .requested = SystemClock().Now().wall}),
            absl::OkStatus());
  ASSERT_TRUE(
      Await([&] { return logger_.Count("is damaged, set aside") == 1; }));
  EXPECT_TRUE(AwaitLookup(aliases_, "press@example.org", "news@example.com"));
  EXPECT_TRUE(AwaitLookup(others, "john@example.org", "1"));
}

// Else a store that somebody else writes would cost the database a read for
// each time that an aborted read is repeated.
TEST_F(MirrorLoopFaultTest, AnotherSyncOnTheStoreIsOneReadATry) {
  StartFilled("change_source = interval\n");
  const std::string lock = folder_.File("store/sync.lock");
  ASSERT_EQ(unlink(lock.c_str()), 0);
  const int file = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  ASSERT_EQ(fcntl(file, F_OFD_SETLK, &whole), 0);
  std::filesystem::remove_all(EnvironmentFolder());
  std::filesystem::create_directory(EnvironmentFolder());
  ASSERT_TRUE(AwaitError("another postmirror-sync"));
  const std::unique_ptr<Connection> root = ConnectAsRoot();
  const auto count = [&](const std::string& name) {
    return std::stol(
        Rows(*root, "SHOW GLOBAL STATUS LIKE '" + name + "'")[0].substr(
            name.size() + 1));
  };
  // First the tries: one that is under way may have been counted already.
  const long tries = count("Connections");
  const long reads = count("Com_begin");
  EXPECT_TRUE(Await([&] { return count("Connections") >= tries + 3; }));
  EXPECT_LE(count("Com_begin") - reads, count("Connections") - tries + 1);
  close(file);
}

// The read timeout is far off, so that only the stop signal can end these.
TEST_F(MirrorLoopFaultTest, StopEndsAReadThatIsBlocked) {
  StartFilled("read_timeout = 1h\n");
  const std::unique_ptr<Connection> locker = ConnectAsRoot();
  ASSERT_EQ(locker->Execute("LOCK TABLES virtual_aliases WRITE"),
            absl::OkStatus());
  ASSERT_EQ(locker->Execute("DELETE FROM virtual_aliases WHERE id = 1"),
            absl::OkStatus());
  ASSERT_TRUE(AwaitBlockedRead());
  EndLoops();
  EXPECT_EQ(logger_.Count("error: "), 0U);
  EXPECT_EQ(Metric("postmirror_sync_mariadb_errors_total"), 0);
}

TEST_F(MirrorLoopFaultTest, StopEndsAPreparationThatIsBlocked) {
  const std::unique_ptr<Connection> locker = ConnectAsRoot();
  ASSERT_EQ(locker->Execute("LOCK TABLES virtual_aliases WRITE"),
            absl::OkStatus());
  Start("read_timeout = 1h\n");
  ASSERT_TRUE(AwaitBlockedRead());
  Stop();
}

TEST_F(MirrorLoopFaultTest, StopEndsAQuestionToAFrozenServer) {
  StartFilled("read_timeout = 1h\n");
  server().Freeze();
  Stop();
  server().Thaw();
}

TEST_F(MirrorLoopFaultTest, StopEndsAnInterval) {
  StartFilled("change_source = interval\n");
  Stop();
}

TEST_F(MirrorLoopFaultTest, StopEndsABackOff) {
  server().Kill();
  Start();
  EXPECT_TRUE(AwaitError("connect: "));
  Stop();
  ASSERT_EQ(server().Restart(), absl::OkStatus());
}

}  // namespace
}  // namespace postmirror
