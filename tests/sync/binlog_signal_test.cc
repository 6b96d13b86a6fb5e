#include "sync/binlog_signal.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "sync/doorbell.h"
#include "sync/mariadb/binlog_facts.h"
#include "tests/sync/await.h"
#include "tests/sync/fake_clock.h"
#include "tests/sync/mirror_test_case.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Two maps: the first names its keys, the second does not.
class BinlogSignalTest : public MirrorTestCase {
 protected:
  static void SetUpTestSuite() {
    MirrorTestCase::SetUpTestSuite();
    UseServerWithBinlog();
  }

  void SetUp() override {
    MirrorTestCase::SetUp();
    Run({"CREATE TABLE named (id INT PRIMARY KEY, k VARCHAR(50), KEY (k))",
         "CREATE TABLE whole (id INT PRIMARY KEY)",
         "CREATE TABLE others (id INT PRIMARY KEY)"});
    reader_ = ConnectAsRoot();
    ASSERT_NE(reader_, nullptr);
    const BinlogPosition start = End();
    auto connection = Connection::Open(server().Unix(), server().Root());
    ASSERT_TRUE(connection.ok()) << connection.status();
    auto stream = BinlogStream::Open(*std::move(connection),
                                     {.start = start, .server_id = 4711});
    ASSERT_TRUE(stream.ok()) << stream.status();
    signal_ = std::make_unique<BinlogSignal>(
        *std::move(stream), Maps(),
        [this]() -> absl::StatusOr<std::optional<BinlogPosition>> {
          if (shown_.has_value()) return shown_;
          return ReadBinlogPosition(*reader_);
        },
        [this] { doorbell_.Ring(); }, &clock_);
  }

  void TearDown() override { signal_.reset(); }

  static std::shared_ptr<const WatchedMaps> Maps() {
    const std::vector<MapTables> maps = {
        {.tables = {{{kDatabase, "named"}, {}}},
         .hints = KeyHints{.column = 1}},
        {.tables = {{{kDatabase, "whole"}, {}}}, .hints = std::nullopt}};
    return std::make_shared<const WatchedMaps>(maps);
  }

  static BinlogPosition End() {
    const auto position = ReadBinlogPosition(*ConnectAsRoot());
    EXPECT_TRUE(position.ok() && position->has_value());
    return position.ok() ? position->value_or(BinlogPosition())
                         : BinlogPosition();
  }

  // Waits until the signal says that, as a loop that lets time go by.
  bool AwaitHint(ChangeHint hint) {
    return Await([&] {
      clock_.Advance(absl::Seconds(1));
      const absl::StatusOr<ChangeHint> polled = signal_->Poll();
      return polled.ok() && *polled == hint;
    });
  }

  void Open() {
    ASSERT_EQ(reader_->Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT"),
              absl::OkStatus());
  }
  void Close() { ASSERT_EQ(reader_->Execute("COMMIT"), absl::OkStatus()); }

  // What the open transaction may see changed.
  ReadScope Scope() {
    const absl::StatusOr<ReadScope> scope = signal_->Scope();
    EXPECT_TRUE(scope.ok()) << scope.status();
    return scope.value_or(ReadScope::Everything());
  }

  ReadScope ScopeOfNow() {
    Open();
    ReadScope scope = Scope();
    Close();
    return scope;
  }

  static MapScope Nothing() { return {}; }
  static MapScope Whole() { return {.whole = true, .values = {}}; }
  static MapScope Keys(const std::set<std::string>& values) {
    return {.whole = false, .values = values};
  }

  // From now on commits are in the binlog and not visible, as where a replica
  // has to have them first (AFTER_SYNC).
  void Hide() { shown_ = End(); }
  void Show() { shown_.reset(); }

  FakeClock clock_;
  std::optional<BinlogPosition> shown_;
  Doorbell doorbell_;
  std::unique_ptr<Connection> reader_;
  std::unique_ptr<BinlogSignal> signal_;
};

TEST_F(BinlogSignalTest, ACommitNamesItsMapAndKeys) {
  Run({"INSERT INTO named VALUES (1, 'a@b')"});
  EXPECT_TRUE(AwaitHint(ChangeHint::kNamed));
  ReadScope scope = ScopeOfNow();
  EXPECT_FALSE(scope.everything);
  EXPECT_THAT(scope.maps, ElementsAre(Keys({"a@b"}), Nothing()));
  Run({"UPDATE named SET k = 'c@d' WHERE id = 1"});
  EXPECT_TRUE(AwaitHint(ChangeHint::kNamed));
  EXPECT_THAT(ScopeOfNow().maps, ElementsAre(Keys({"a@b", "c@d"}), Nothing()));
}

TEST_F(BinlogSignalTest, AMapWithoutHintsIsNamedWhole) {
  Run({"INSERT INTO whole VALUES (1)"});
  EXPECT_TRUE(AwaitHint(ChangeHint::kNamed));
  EXPECT_THAT(ScopeOfNow().maps, ElementsAre(Nothing(), Whole()));
}

TEST_F(BinlogSignalTest, WhatWasReadIsNamedOnceMoreAndThenNoMore) {
  Run({"INSERT INTO named VALUES (1, 'a@b')"});
  EXPECT_THAT(ScopeOfNow().maps, ElementsAre(Keys({"a@b"}), Nothing()));
  EXPECT_LE(signal_->poll_interval(), kSettleTime);
  EXPECT_TRUE(AwaitHint(ChangeHint::kNamed));
  EXPECT_THAT(ScopeOfNow().maps, ElementsAre(Keys({"a@b"}), Nothing()));
  EXPECT_TRUE(AwaitHint(ChangeHint::kUnchanged));
  EXPECT_TRUE(ScopeOfNow().empty());
}

TEST_F(BinlogSignalTest, AKeyIsNamedToTheSnapshotThatShowsIt) {
  Open();
  Run({"INSERT INTO named VALUES (1, 'a@b')"});
  EXPECT_TRUE(AwaitHint(ChangeHint::kNamed));
  EXPECT_TRUE(Scope().empty());
  Close();
  EXPECT_THAT(ScopeOfNow().maps, ElementsAre(Keys({"a@b"}), Nothing()));
}

// A scope is asked for without any poll before it.
TEST_F(BinlogSignalTest, AScopeWaitsForWhatTheSnapshotShows) {
  for (int i = 0; i < 200; ++i) {
    const std::string key = std::to_string(i);
    Run({absl::StrCat("INSERT INTO named VALUES (", key, ", '", key, "')")});
    ASSERT_THAT(ScopeOfNow().maps, ElementsAre(Keys({key}), Nothing()));
  }
}

TEST_F(BinlogSignalTest, AnIdleServerIsUnchanged) {
  EXPECT_TRUE(AwaitHint(ChangeHint::kUnchanged));
}

TEST_F(BinlogSignalTest, BetweenProbesNothingIsKnown) {
  EXPECT_TRUE(AwaitHint(ChangeHint::kUnchanged));
  EXPECT_EQ(signal_->Poll().value_or(ChangeHint::kChanged),
            ChangeHint::kUnknown);
}

TEST_F(BinlogSignalTest, ChangesOfOtherTablesRingNobody) {
  Run({"INSERT INTO others VALUES (1)"});
  EXPECT_TRUE(AwaitHint(ChangeHint::kUnchanged));
  EXPECT_FALSE(doorbell_.WaitFor(absl::ZeroDuration()));
  EXPECT_TRUE(ScopeOfNow().empty());
}

TEST_F(BinlogSignalTest, ACommitWakesTheLoop) {
  Run({"INSERT INTO named VALUES (1, 'a@b')"});
  EXPECT_TRUE(doorbell_.WaitFor(absl::Seconds(40)));
  EXPECT_EQ(signal_->Poll().value_or(ChangeHint::kUnknown), ChangeHint::kNamed);
}

TEST_F(BinlogSignalTest, AnAlteredTableIsEverythingUntilItIsWatchedAgain) {
  Run({"ALTER TABLE named ADD COLUMN before_k INT FIRST"});
  EXPECT_TRUE(AwaitHint(ChangeHint::kChanged));
  EXPECT_TRUE(ScopeOfNow().everything);
  EXPECT_TRUE(AwaitHint(ChangeHint::kChanged));
  signal_->Watch(Maps(), End());
  EXPECT_TRUE(AwaitHint(ChangeHint::kUnchanged));
  EXPECT_FALSE(ScopeOfNow().everything);
}

// The tables were asked for before they were altered.
TEST_F(BinlogSignalTest, WatchingWithAnOldQuestionIsNotEnough) {
  const BinlogPosition before = End();
  Run({"ALTER TABLE named ADD COLUMN before_k INT FIRST"});
  EXPECT_TRUE(AwaitHint(ChangeHint::kChanged));
  signal_->Watch(Maps(), before);
  EXPECT_EQ(signal_->Poll().value_or(ChangeHint::kUnknown),
            ChangeHint::kChanged);
}

TEST_F(BinlogSignalTest, AStatementThatIsNotVisibleYetIsNothingYet) {
  Hide();
  Run({"ALTER TABLE named ADD COLUMN before_k INT FIRST"});
  EXPECT_TRUE(doorbell_.WaitFor(absl::Seconds(40)));
  EXPECT_EQ(signal_->Poll().value_or(ChangeHint::kChanged),
            ChangeHint::kUnchanged);
  EXPECT_LE(signal_->poll_interval(), absl::Milliseconds(1));
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(signal_->Poll().value_or(ChangeHint::kChanged),
            ChangeHint::kUnchanged);
  EXPECT_LE(signal_->poll_interval(), absl::Milliseconds(20));
  // A read of everything for another reason is no fault.
  EXPECT_FALSE(ScopeOfNow().everything);
  Show();
  EXPECT_TRUE(AwaitHint(ChangeHint::kChanged));
  EXPECT_TRUE(ScopeOfNow().everything);
}

TEST_F(BinlogSignalTest, AKeyThatIsNotVisibleYetIsLookedForAgainSoon) {
  Hide();
  Run({"INSERT INTO named VALUES (1, 'a@b')"});
  EXPECT_TRUE(doorbell_.WaitFor(absl::Seconds(40)));
  EXPECT_EQ(signal_->Poll().value_or(ChangeHint::kUnknown), ChangeHint::kNamed);
  EXPECT_TRUE(ScopeOfNow().empty());
  EXPECT_LE(signal_->poll_interval(), absl::Milliseconds(1));
  EXPECT_EQ(signal_->Poll().value_or(ChangeHint::kUnknown), ChangeHint::kNamed);
  EXPECT_TRUE(ScopeOfNow().empty());
  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ(signal_->Poll().value_or(ChangeHint::kUnknown),
            ChangeHint::kUnchanged);
  Show();
  EXPECT_EQ(signal_->Poll().value_or(ChangeHint::kUnknown), ChangeHint::kNamed);
  EXPECT_THAT(ScopeOfNow().maps, ElementsAre(Keys({"a@b"}), Nothing()));
}

TEST_F(BinlogSignalTest, ATableIsUnprovenUntilItIsMarked) {
  const TableName named = {kDatabase, "named"};
  Run({"INSERT INTO named VALUES (1, 'a@b')"});
  EXPECT_THAT(ScopeOfNow().unproven, ElementsAre(named));
  signal_->MarkProven();
  Run({"INSERT INTO named VALUES (2, 'c@d')"});
  EXPECT_THAT(ScopeOfNow().unproven, IsEmpty());
  Run({"FLUSH TABLES", "INSERT INTO named VALUES (3, 'e@f')"});
  EXPECT_THAT(ScopeOfNow().unproven, ElementsAre(named));
}

TEST_F(BinlogSignalTest, ABinlogThatWentBackIsAnError) {
  Run({"INSERT INTO named VALUES (1, 'a@b')"});
  ScopeOfNow();
  Run({"RESET MASTER"});
  const absl::Status status = signal_->Scope().status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("went back"));
}

TEST_F(BinlogSignalTest, WithTheLsnBesideItAnUntoldChangeIsEverything) {
  uint64_t lsn = 1000;
  signal_->WatchLsn(std::make_unique<LsnWatch>(
      [&]() -> absl::StatusOr<uint64_t> { return lsn; }, &clock_));
  clock_.Advance(absl::Minutes(1));
  ASSERT_EQ(signal_->BeforeSnapshot(), absl::OkStatus());
  EXPECT_TRUE(ScopeOfNow().empty());
  EXPECT_TRUE(AwaitHint(ChangeHint::kUnchanged));
  ++lsn;
  EXPECT_TRUE(AwaitHint(ChangeHint::kChanged));
  ASSERT_EQ(signal_->BeforeSnapshot(), absl::OkStatus());
  EXPECT_TRUE(ScopeOfNow().empty()) << "that was not told";
}

TEST_F(BinlogSignalTest, CancelEndsIt) {
  signal_->Cancel();
  EXPECT_TRUE(doorbell_.WaitFor(absl::Seconds(40)));
  EXPECT_TRUE(absl::IsCancelled(signal_->Poll().status()));
}

TEST_F(BinlogSignalTest, AKilledServerEndsItAndWakesTheLoop) {
  server().Kill();
  EXPECT_TRUE(doorbell_.WaitFor(absl::Seconds(40)));
  EXPECT_TRUE(absl::IsUnavailable(signal_->Poll().status()));
  signal_.reset();
  ASSERT_EQ(server().Restart(), absl::OkStatus());
}

}  // namespace
}  // namespace postmirror
