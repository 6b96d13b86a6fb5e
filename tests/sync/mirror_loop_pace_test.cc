// How often the loop reads where something keeps changing, by a clock that
// stands still until the test moves it.
#include "tests/sync/fake_clock.h"
#include "tests/sync/mirror_loop_test_case.h"

namespace postmirror {
namespace {

class MirrorLoopPaceTest : public MirrorLoopTestCase {
 protected:
  void SetUp() override {
    MirrorTestCase::SetUp();
    clock_ = &fake_clock_;
    aliases_ = ServeAliases();
  }

  static std::string Reads() {
    return server()
        .Ask(
            "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
            " WHERE VARIABLE_NAME = 'COM_BEGIN'")
        ->value_or("");
  }

  // Whether the loop waits for a table that somebody else has locked.
  static bool IsBlocked() {
    const auto blocked = server().Ask(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE user = "
        "'postmirror' AND state LIKE 'Waiting for table metadata lock%'");
    return blocked.ok() && *blocked == "1";
  }

  // A change whose read takes so long.
  void ReadSlowly(absl::Duration duration) {
    const std::unique_ptr<Connection> locker = ConnectAsRoot();
    ASSERT_EQ(locker->Execute("LOCK TABLES virtual_aliases WRITE"),
              absl::OkStatus());
    ASSERT_EQ(locker->Execute("INSERT INTO virtual_aliases VALUES"
                              " (90, 1, 'slow@example.org', 'a@b')"),
              absl::OkStatus());
    ASSERT_TRUE(Await([&] {
      fake_clock_.Advance(absl::Milliseconds(5));
      return IsBlocked();
    }));
    fake_clock_.Advance(duration);
    ASSERT_EQ(locker->Execute("UNLOCK TABLES"), absl::OkStatus());
    ASSERT_TRUE(AwaitLookup(aliases_, "slow@example.org", "a@b"));
    AwaitIdle();
  }

  // Waits until the loop has looked at the clock so often that it has done all
  // there is to do at this time.
  void AwaitIdle() const {
    const size_t before = fake_clock_.asked();
    EXPECT_TRUE(Await([&] { return fake_clock_.asked() >= before + 10; }));
  }

  FakeClock fake_clock_;
  std::string aliases_;
};

// The LSN does not tell whose change it is.
TEST_F(MirrorLoopPaceTest, ForeignWritesMakeItReadAQuarterOfTheTimeAtMost) {
  Run({"CREATE OR REPLACE DATABASE foreign_one",
       "CREATE TABLE foreign_one.t (a INT) ENGINE=InnoDB"});
  Start("read_timeout = 1h\n");  // of the real clock
  ASSERT_TRUE(AwaitLookup(aliases_, "press@example.org", "news@example.com"));
  ReadSlowly(absl::Seconds(1));
  const std::string before = Reads();
  Run({"INSERT INTO foreign_one.t VALUES (1)"});
  fake_clock_.Advance(absl::Milliseconds(2900));
  AwaitIdle();
  EXPECT_EQ(Reads(), before) << "it is to rest for three times as long";
  EXPECT_TRUE(Await([&] {
    fake_clock_.Advance(absl::Milliseconds(5));
    return Reads() != before;
  }));
  Run({"DROP DATABASE foreign_one"});
}

}  // namespace
}  // namespace postmirror
