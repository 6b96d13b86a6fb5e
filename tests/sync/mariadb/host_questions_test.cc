#include "sync/mariadb/host_questions.h"

#include <gmock/gmock.h>

#include "tests/sync/mariadb/mariadb_test_case.h"

namespace postmirror {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

const TableName kAliases = {"mailserver", "virtual_aliases"};

// What sync's own account is told of the server.
class HostQuestionsTest : public MariadbTestCase {
 protected:
  static HostFacts Facts(const std::map<TableName, std::string>& tables = {}) {
    const auto facts = ReadHostFacts(*ConnectAsPostmirror(), tables);
    EXPECT_TRUE(facts.ok()) << facts.status();
    return facts.ok() ? *facts : HostFacts();
  }
};

class HostQuestionsBinlogTest : public HostQuestionsTest {
 protected:
  static void SetUpTestSuite() { UseServerWithBinlog(); }

  static constexpr GtidWriter kSelf = {0, 7};
};

TEST_F(HostQuestionsTest, AServerWithoutABinlogTellsWhatItHas) {
  const HostFacts facts = Facts({{kAliases, ""}});
  EXPECT_THAT(facts.traits.server_uid, Not(IsEmpty()));
  EXPECT_EQ(facts.server_id, 1U);
  EXPECT_THAT(facts.gtids, IsEmpty());
  EXPECT_EQ(facts.traits.binlog, std::nullopt);
  EXPECT_EQ(facts.traits.cluster, "");
  EXPECT_THAT(facts.traits.created.at(kAliases), Not(IsEmpty()));
  const std::optional<uint64_t> before = facts.traits.lsn;
  ASSERT_TRUE(before.has_value());
  Run({"CREATE TABLE moving (id INT PRIMARY KEY)", "DROP TABLE moving"});
  EXPECT_GT(Facts().traits.lsn, before);
}

TEST_F(HostQuestionsTest, AKilledServerHasWhatWasOnDiskOfItsLog) {
  Run({"CREATE TABLE moving (id INT PRIMARY KEY)", "DROP TABLE moving"});
  const HostTraits before = Facts().traits;
  ASSERT_TRUE(before.lsn_flushed.has_value());
  EXPECT_LE(before.lsn_flushed, before.lsn);
  server().Kill();
  ASSERT_EQ(server().Restart(), absl::OkStatus());
  EXPECT_GE(Facts().traits.lsn, before.lsn_flushed);
}

TEST_F(HostQuestionsTest, ATableThatIsNotVisibleIsLeftOut) {
  EXPECT_THAT(Facts({{{"mailserver", "missing"}, ""}, {{"mysql", "db"}, ""}})
                  .traits.created,
              IsEmpty());
}

TEST_F(HostQuestionsTest, OfEachTableTheTimeIsItsOwn) {
  const TableName domains = {"mailserver", "virtual_domains"};
  const auto times =
      Facts({{kAliases, ""}, {{"mailserver", "missing"}, ""}, {domains, ""}})
          .traits.created;
  EXPECT_EQ(times.size(), 2U);
  EXPECT_EQ(times.at(kAliases),
            Facts({{kAliases, ""}}).traits.created[kAliases]);
  EXPECT_EQ(times.at(domains), Facts({{domains, ""}}).traits.created[domains]);
}

TEST_F(HostQuestionsTest, TheTimeZoneOfTheSessionChangesNoTime) {
  const auto connection = ConnectAsPostmirror();
  std::map<TableName, std::string> created = {{kAliases, ""}};
  ASSERT_EQ(connection->Execute("SET time_zone = '+09:00'"), absl::OkStatus());
  ASSERT_EQ(ReadCreateTimes(*connection, &created), absl::OkStatus());
  EXPECT_EQ(created, Facts({{kAliases, ""}}).traits.created);
}

TEST_F(HostQuestionsTest, NoTransactionIsLeftOpen) {
  const auto connection = ConnectAsPostmirror();
  ASSERT_TRUE(ReadHostFacts(*connection, {}).ok());
  EXPECT_THAT(Rows(*connection, "SELECT @@in_transaction"),
              ::testing::ElementsAre("0"));
}

TEST_F(HostQuestionsTest, TwoConnectionsToOneServerAreKnown) {
  EXPECT_THAT(*LeadToOneServer(*ConnectAsPostmirror(), *ConnectAsRoot()), true);
  const auto here = ConnectAsRoot();
  UseServerWithBinlog();
  EXPECT_THAT(*LeadToOneServer(*here, *ConnectAsRoot()), false);
  MariadbTestCase::SetUpTestSuite();
}

TEST_F(HostQuestionsBinlogTest, ACommitRaisesItsNumber) {
  const HostFacts before = Facts();
  ASSERT_TRUE(before.gtids.contains(kSelf));
  EXPECT_TRUE(before.traits.binlog.has_value());
  EXPECT_EQ(before.written, before.gtids);
  Run({"CREATE TABLE moving (id INT PRIMARY KEY)", "DROP TABLE moving"});
  EXPECT_EQ(Facts().gtids.at(kSelf), before.gtids.at(kSelf) + 2);
}

TEST_F(HostQuestionsBinlogTest, AfterResetMasterThereIsNoNumber) {
  Run({"RESET MASTER"});
  const HostFacts facts = Facts();
  EXPECT_THAT(facts.gtids, IsEmpty());
  EXPECT_THAT(facts.written, IsEmpty());
  Run({"CREATE TABLE moving (id INT PRIMARY KEY)", "DROP TABLE moving"});
  EXPECT_EQ(Facts().gtids.at(kSelf), 2U);
}

TEST_F(HostQuestionsBinlogTest, WhatWasReplicatedCountsWithoutABinlogOfIt) {
  Run({"SET GLOBAL gtid_slave_pos = '5-6-70'"});
  const HostFacts facts = Facts();
  EXPECT_EQ(facts.gtids.at({5, 6}), 70U);
  EXPECT_EQ(facts.replicated, (GtidPositions{{{5, 6}, 70}}));
  HostFacts highest;
  ASSERT_EQ(ReadHighestGtids(*ConnectAsPostmirror(), &highest),
            absl::OkStatus());
  EXPECT_EQ(highest.gtids, facts.gtids);
  Run({"SET GLOBAL gtid_slave_pos = ''"});
}

}  // namespace
}  // namespace postmirror
