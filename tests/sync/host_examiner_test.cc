// What a look at the host that is read shows of it, on a real server.
#include "sync/host_examiner.h"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/sync/fake_clock.h"
#include "tests/sync/mirror_test_case.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

class HostExaminerTest : public MirrorTestCase {
 protected:
  void SetUp() override {
    MirrorTestCase::SetUp();
    connection_ = ConnectAsRoot();
  }

  void TearDown() override { Run({"STOP SLAVE", "RESET SLAVE ALL"}); }

  // The server is read as the first of these hosts.
  void ReadFirstOf(const std::string& hosts) {
    Settings settings = AsRoot();
    settings["hosts"] = hosts;
    Serve("SELECT 1 FROM virtual_domains WHERE name='%s'", settings);
    config_ = MakeConfig();
    plan_ = MakePlan(config_);
    examiner_.emplace(&plan_.servers[0], &config_, &clock_);
    StoredReads stored;
    stored.filled = true;
    examiner_->BeginRound(stored);
    ASSERT_EQ(examiner_->Examine(0, false, *connection_), absl::OkStatus());
    examiner_->choice().Take(0);
  }

  // With another host behind it.
  void ReadFirstOfTwo() {
    ReadFirstOf(absl::StrCat(server().Unix().ToString(), " 127.0.0.1:1"));
  }

  // It is one that does not run.
  static void MakeReplica() {
    Run(
        {"CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1,"
         " MASTER_USER = 'nobody'"});
  }

  absl::Status LookSoon() {
    return examiner_->LookAtReplica(*connection_, clock_.Now());
  }

  absl::Status LookLater() {
    clock_.Advance(HostExaminer::kBesideInterval);
    return LookSoon();
  }

  FakeClock clock_;
  Config config_;
  MirrorPlan plan_;
  std::unique_ptr<Connection> connection_;
  std::optional<HostExaminer> examiner_;
};

TEST_F(HostExaminerTest, APrimaryThatBecomesAStoppedReplicaIsLeft) {
  ReadFirstOfTwo();
  EXPECT_EQ(LookLater(), absl::OkStatus());
  MakeReplica();
  EXPECT_EQ(LookLater(), absl::OkStatus()) << "it may start again at once";
  EXPECT_EQ(LookSoon(), absl::OkStatus()) << "it is not asked so soon";
  const absl::Status left = LookLater();
  EXPECT_TRUE(absl::IsUnavailable(left)) << left;
  EXPECT_THAT(std::string(left.message()), HasSubstr("stopped"));
}

TEST_F(HostExaminerTest, AReplicaThatStopsForAMomentStays) {
  ReadFirstOfTwo();
  for (int i = 0; i < 2; ++i) {
    MakeReplica();
    EXPECT_EQ(LookLater(), absl::OkStatus());
    Run({"RESET SLAVE ALL"});
    EXPECT_EQ(LookLater(), absl::OkStatus());
  }
}

TEST_F(HostExaminerTest, WhatALookShowsOfTheHostThatIsReadIsNamed) {
  ReadFirstOfTwo();
  MakeReplica();
  ASSERT_EQ(LookLater(), absl::OkStatus());
  EXPECT_THAT(examiner_->choice().Unfit(), HasSubstr("which is read"));
  Run({"RESET SLAVE ALL"});
  ASSERT_EQ(LookLater(), absl::OkStatus());
  EXPECT_EQ(examiner_->choice().Unfit(), "");
}

TEST_F(HostExaminerTest, AnEarlierHostThatIsSwitchedOffIsNotNamed) {
  ReadFirstOf(absl::StrCat("127.0.0.1:1 ", server().Unix().ToString()));
  examiner_->choice().Take(1);
  const ReplicaState stopped = {.running = false, .behind = {}};
  ASSERT_FALSE(examiner_->choice().IsGood(0, HostFacts(), stopped));
  ASSERT_THAT(examiner_->choice().Unfit(), HasSubstr("would not do"));
  clock_.Advance(config_.reconcile_interval);
  EXPECT_FALSE(examiner_->BetterHostAnswers(*connection_));
  EXPECT_EQ(examiner_->choice().Unfit(), "");
}

TEST_F(HostExaminerTest, APrimaryThatIsTheOnlyHostIsNotAsked) {
  ReadFirstOf(server().Unix().ToString());
  MakeReplica();
  EXPECT_EQ(LookLater(), absl::OkStatus());
  EXPECT_EQ(LookLater(), absl::OkStatus());
}

}  // namespace
}  // namespace postmirror
