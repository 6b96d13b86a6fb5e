// How often the loop reads where something keeps changing, by a clock that
// stands still until the test moves it.
#include <atomic>
#include <utility>

#include "tests/sync/fake_clock.h"
#include "tests/sync/mirror_loop_test_case.h"

namespace postmirror {
namespace {

// How many reads were begun, by anybody.
std::string ReadsOf(const MariadbServer& server) {
  return server
      .Ask(
          "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
          " WHERE VARIABLE_NAME = 'COM_BEGIN'")
      ->value_or("");
}

// A clock by which reading the rows takes some time: it moves on when it was
// asked for the first time after a read has begun.
class SlowReadClock final : public Clock {
 public:
  explicit SlowReadClock(const MariadbServer* server) : server_(*server) {}

  void Advance(absl::Duration duration) { clock_.Advance(duration); }
  size_t asked() const { return clock_.asked(); }

  void ReadFor(absl::Duration reading) {
    reads_ = ReadsOf(server_);
    reading_ns_ = absl::ToInt64Nanoseconds(reading);
  }

  Moment Now() const override {
    Moment now = clock_.Now();
    const absl::Duration reading = absl::Nanoseconds(reading_ns_.load());
    if (reading == absl::ZeroDuration()) return now;
    const std::string reads = ReadsOf(server_);
    if (std::exchange(reads_, reads) != reads) clock_.Advance(reading);
    return now;
  }

 private:
  const MariadbServer& server_;
  mutable FakeClock clock_;
  mutable std::string reads_;  // of the loop's thread, once it reads slowly
  std::atomic<int64_t> reading_ns_ = 0;
};

class MirrorLoopPaceTest : public MirrorLoopTestCase {
 protected:
  void SetUp() override {
    MirrorTestCase::SetUp();
    clock_ = &slow_clock_;
    aliases_ = ServeAliases();
    Run({"CREATE OR REPLACE DATABASE foreign_one",
         "CREATE TABLE foreign_one.t (a INT) ENGINE=InnoDB"});
    Start("read_timeout = 1h\n");  // of the real clock
    ASSERT_TRUE(AwaitLookup(aliases_, "press@example.org", "news@example.com"));
    AwaitIdle();
  }

  void TearDown() override {
    MirrorLoopTestCase::TearDown();
    Run({"DROP DATABASE foreign_one"});
  }

  static std::string Reads() { return ReadsOf(server()); }

  // Whether the loop waits for a table that somebody else has locked.
  static bool IsBlocked() {
    const auto blocked = server().Ask(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE user = "
        "'postmirror' AND state LIKE 'Waiting for table metadata lock%'");
    return blocked.ok() && *blocked == "1";
  }

  // Lets time go by until the loop has read again.
  bool AwaitRead(const std::string& before) {
    return Await([&] {
      slow_clock_.Advance(absl::Milliseconds(5));
      return Reads() != before;
    });
  }

  // Waits until the loop has looked at the clock so often that it has done all
  // there is to do at this time.
  void AwaitIdle() const {
    const size_t before = slow_clock_.asked();
    EXPECT_TRUE(Await([&] { return slow_clock_.asked() >= before + 10; }));
  }

  SlowReadClock slow_clock_{&server()};
  std::string aliases_;
};

// The LSN does not tell whose change it is.
TEST_F(MirrorLoopPaceTest, ForeignWritesMakeItReadAQuarterOfTheTimeAtMost) {
  slow_clock_.ReadFor(absl::Milliseconds(500));
  Run({"INSERT INTO virtual_aliases VALUES (90, 1, 'new@example.org', 'a@b')"});
  slow_clock_.Advance(absl::Seconds(10));
  ASSERT_TRUE(AwaitLookup(aliases_, "new@example.org", "a@b"));
  AwaitIdle();
  const std::string before = Reads();
  Run({"INSERT INTO foreign_one.t VALUES (1)"});
  slow_clock_.Advance(absl::Milliseconds(1400));
  AwaitIdle();
  EXPECT_EQ(Reads(), before) << "it is to rest for three times as long";
  EXPECT_TRUE(AwaitRead(before));
}

// A table that is locked, or the weights of a new collation.
TEST_F(MirrorLoopPaceTest, WhatTheRowsWaitForIsNoReading) {
  const std::unique_ptr<Connection> locker = ConnectAsRoot();
  ASSERT_EQ(locker->Execute("LOCK TABLES virtual_aliases WRITE"),
            absl::OkStatus());
  ASSERT_EQ(locker->Execute("INSERT INTO virtual_aliases VALUES"
                            " (90, 1, 'slow@example.org', 'a@b')"),
            absl::OkStatus());
  ASSERT_TRUE(Await([&] {
    slow_clock_.Advance(absl::Milliseconds(5));
    return IsBlocked();
  }));
  slow_clock_.Advance(absl::Minutes(1));
  ASSERT_EQ(locker->Execute("UNLOCK TABLES"), absl::OkStatus());
  ASSERT_TRUE(AwaitLookup(aliases_, "slow@example.org", "a@b"));
  AwaitIdle();
  const std::string before = Reads();
  Run({"INSERT INTO foreign_one.t VALUES (1)"});
  slow_clock_.Advance(absl::Milliseconds(100));
  EXPECT_TRUE(Await([&] { return Reads() != before; }))
      << "a change is not to wait for as long as the table was locked";
}

}  // namespace
}  // namespace postmirror
