#include "sync/contained.h"

#include <gmock/gmock.h>

#include "tests/sync/host_facts_text.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;
using Kind = Containment::Kind;

// P (server 1) was read; R (server 2) is another host.
HostFacts P(const std::string& gtids) { return HostAt("p", 1, gtids); }
HostFacts R(const std::string& gtids) { return HostAt("r", 2, gtids); }

Kind Judged(const HostFacts& facts, const ReadBound& bound) {
  return Contains(facts, bound).kind;
}

TEST(ContainedTest, AReplicaWithEveryNumberContains) {
  EXPECT_EQ(Judged(R("0-1-150,0-2-3"), ReadOf(P("0-1-150"))), Kind::kContained);
}

TEST(ContainedTest, AReplicaThatLagsLacksAndTheReasonNamesBothNumbers) {
  const Containment lacks = Contains(R("0-1-149"), ReadOf(P("0-1-150")));
  EXPECT_EQ(lacks.kind, Kind::kLacks);
  EXPECT_FALSE(lacks.has_lost);
  EXPECT_THAT(lacks.reason, HasSubstr("0-1-150"));
  EXPECT_THAT(lacks.reason, HasSubstr("0-1-149"));
}

TEST(ContainedTest, ANumberSaysNothingOfAnotherWriter) {
  EXPECT_EQ(Judged(R("0-1-150"), ReadOf(P("0-1-150,0-3-140"))), Kind::kLacks);
  EXPECT_EQ(Judged(R("1-1-150"), ReadOf(P("0-1-150"))), Kind::kLacks);
}

TEST(ContainedTest, NoPositionsAreUnknown) {
  EXPECT_EQ(Judged(R(""), ReadOf(P(""))), Kind::kUnknown);
  EXPECT_EQ(Judged(R("0-1-150"), ReadOf(P(""))), Kind::kUnknown);
  EXPECT_NE(Judged(R(""), ReadOf(P("0-1-150"))), Kind::kContained);
}

TEST(ContainedTest, ThePrimaryAsItWasLacksWhatTheReplicaGotSince) {
  const ReadBound bound = ReadOf(R("0-1-150,0-2-190"));
  EXPECT_EQ(Judged(P("0-1-150"), bound), Kind::kLacks);
  EXPECT_EQ(Judged(P("0-1-150,0-2-190"), bound), Kind::kContained);
}

// A server without a binlog.
HostFacts Plain(HostFacts facts) {
  facts.gtids.clear();
  facts.written.clear();
  facts.traits.binlog.reset();
  return facts;
}

TEST(ContainedTest, ARestartedServerWithoutABinlogContains) {
  HostFacts now = Plain(P(""));
  now.traits.lsn = 5001;
  EXPECT_EQ(Judged(now, ReadOf(Plain(P("")))), Kind::kContained);
}

TEST(ContainedTest, AnotherEntryOrAnotherServerUidIsAnotherServer) {
  const ReadBound bound = ReadOf(Plain(P("")));
  HostFacts entry = Plain(P(""));
  entry.traits.host = "q";
  EXPECT_EQ(Judged(entry, bound), Kind::kUnknown);
  HostFacts uid = Plain(P(""));
  uid.traits.server_uid = "another";
  EXPECT_EQ(Judged(uid, bound), Kind::kUnknown);
  // A version without one.
  HostFacts none = Plain(P(""));
  none.traits.server_uid.clear();
  EXPECT_EQ(Judged(none, ReadOf(none)), Kind::kUnknown);
}

TEST(ContainedTest, AnOlderLogIsOlderData) {
  HostFacts now = Plain(P(""));
  now.traits.lsn = 4999;
  const Containment lacks = Contains(now, ReadOf(Plain(P(""))));
  EXPECT_EQ(lacks.kind, Kind::kLacks);
  EXPECT_TRUE(lacks.has_lost);
}

TEST(ContainedTest, AlteredTablesAreTheSameDataAndAllNewOnesAreNot) {
  const ReadBound bound = ReadOf(Plain(P("")));
  HostFacts altered = Plain(P(""));
  altered.traits.created[{"mail", "a"}] = "300";
  EXPECT_EQ(Judged(altered, bound), Kind::kContained);
  HostFacts copied = altered;
  copied.traits.created[{"mail", "b"}] = "301";
  EXPECT_EQ(Judged(copied, bound), Kind::kUnknown);
}

TEST(ContainedTest, ADumpThatWasRestoredAtTheSamePortIsUnknown) {
  // It has more transactions than the server had, by its restoring.
  HostFacts restored = P("0-1-900");
  for (auto& [table, time] : restored.traits.created) time = "900";
  EXPECT_EQ(Judged(restored, ReadOf(P("0-1-150"))), Kind::kUnknown);
}

TEST(ContainedTest, AnOlderLogIsNoMatterWhereGtidsContain) {
  // A crash may lose the end of the log, which no transaction is in.
  HostFacts now = P("0-1-150");
  now.traits.lsn = 4990;
  EXPECT_EQ(Judged(now, ReadOf(P("0-1-150"))), Kind::kContained);
}

TEST(ContainedTest, TheSameServerContainsAfterResetMaster) {
  HostFacts now = P("0-1-3");
  now.traits.binlog = BinlogPosition{"bin.000001", 500};
  now.traits.lsn = 5100;
  EXPECT_EQ(Judged(now, ReadOf(P("0-1-150"))), Kind::kContained);
  // Nor is it needed that a binlog goes on.
  now = P("");
  now.traits.binlog.reset();
  EXPECT_EQ(Judged(now, ReadOf(P("0-1-150"))), Kind::kContained);
}

TEST(ContainedTest, TheSameServerLacksWhatACrashTookOutOfItsBinlog) {
  HostFacts now = P("0-1-140");
  now.traits.binlog = BinlogPosition{"bin.000005", 300};
  now.traits.lsn = 5100;
  const Containment lacks = Contains(now, ReadOf(P("0-1-150")));
  EXPECT_EQ(lacks.kind, Kind::kLacks);
  EXPECT_TRUE(lacks.has_lost);
}

TEST(ContainedTest, ALogThatIsOlderThanWhatWasOnDiskIsNoCrash) {
  HostFacts now = P("0-1-150");
  now.traits.lsn = 4899;
  const Containment lacks = Contains(now, ReadOf(P("0-1-150")));
  EXPECT_EQ(lacks.kind, Kind::kLacks);
  EXPECT_TRUE(lacks.has_lost);
}

// P was read, and then R.
ReadBound ReadOfPAndR() {
  return BoundAfter(ReadOf(P("0-1-150")), R("0-1-150"), Reading::kTaken);
}

TEST(ContainedTest, AHostThatWasNotReadLastIsToldFromWhatItWas) {
  EXPECT_EQ(Judged(P("0-1-160"), ReadOfPAndR()), Kind::kContained);
  HostFacts crashed = P("0-1-150");
  crashed.traits.lsn = 4950;
  crashed.traits.binlog = BinlogPosition{"bin.000005", 300};
  EXPECT_EQ(Judged(crashed, ReadOfPAndR()), Kind::kContained);
}

TEST(ContainedTest, AnOlderCopyLacksThoughAnotherHostWasReadSince) {
  // It has written as many transactions since as were read of it.
  HostFacts copy = P("0-1-160");
  for (auto& [table, time] : copy.traits.created) time = "900";
  EXPECT_EQ(Judged(copy, ReadOfPAndR()), Kind::kUnknown);

  HostFacts rolled_back = P("0-1-160");
  rolled_back.traits.lsn = 4899;
  EXPECT_EQ(Judged(rolled_back, ReadOfPAndR()), Kind::kLacks);
  EXPECT_TRUE(Contains(rolled_back, ReadOfPAndR()).has_lost);

  HostFacts reset = P("0-1-160");
  reset.traits.binlog = BinlogPosition{"bin.000001", 900};
  EXPECT_EQ(Judged(reset, ReadOfPAndR()), Kind::kLacks);
  EXPECT_TRUE(Contains(reset, ReadOfPAndR()).has_lost);
}

TEST(ContainedTest, ACopyThatReplicatesWhoHasAllOfItContains) {
  HostFacts copy = P("0-1-160");
  for (auto& [table, time] : copy.traits.created) time = "900";
  copy.replicated = Gtids("0-1-150");
  EXPECT_EQ(Judged(copy, ReadOfPAndR()), Kind::kContained);
  copy.replicated = Gtids("0-1-149");
  EXPECT_EQ(Judged(copy, ReadOfPAndR()), Kind::kUnknown);
}

TEST(ContainedTest, AnotherServerAtAnEntryIsNotToldFromTheFormerOne) {
  HostFacts other = P("0-1-160");
  other.traits.server_uid = "another";
  other.traits.lsn = 100;
  for (auto& [table, time] : other.traits.created) time = "900";
  EXPECT_EQ(Judged(other, ReadOfPAndR()), Kind::kContained);
}

TEST(ContainedTest, WhatAHostDoesNotShowYetItLacksAndHasNotLost) {
  // Semi-synchronous replication: the replica had it, and was read, before the
  // primary shows it.
  HostFacts waiting = P("0-1-150");
  waiting.gtids = Gtids("0-1-149");
  const Containment lacks = Contains(waiting, ReadOf(R("0-1-150")));
  EXPECT_EQ(lacks.kind, Kind::kLacks);
  EXPECT_FALSE(lacks.has_lost);
  // Of itself no more was read than it shows.
  EXPECT_EQ(Judged(waiting, ReadOf(P("0-1-150"))), Kind::kContained);
}

TEST(ContainedTest, AnotherHostMayHaveTheNumbersOfBeforeResetMaster) {
  HostFacts reset = P("0-1-3");
  reset.traits.binlog = BinlogPosition{"bin.000001", 500};
  const ReadBound bound =
      BoundAfter(ReadOf(P("0-1-150")), reset, Reading::kTaken);
  EXPECT_EQ(Judged(R("0-1-150"), bound), Kind::kUnknown);
  EXPECT_EQ(Judged(reset, bound), Kind::kContained);
}

TEST(ContainedTest, AHostThatLostIsNotTrustedWhenItsNumbersAreBack) {
  ReadBound bound = ReadOf(R("0-1-150,0-2-190"));
  EXPECT_TRUE(Contains(P("0-1-140"), bound).has_lost);
  bound.lost.insert("p");
  HostFacts again = P("0-1-160,0-2-190");
  EXPECT_EQ(Judged(again, bound), Kind::kLacks);
  // It replicates the one that has them.
  again.replicated = Gtids("0-2-190");
  EXPECT_EQ(Judged(again, bound), Kind::kContained);
  again.replicated = Gtids("0-2-189");
  EXPECT_EQ(Judged(again, bound), Kind::kLacks);
}

TEST(ContainedTest, WhatAHostWroteWithoutGtidsNoOtherOneContains) {
  HostFacts r = R("0-1-150");
  r.traits.binlog.reset();
  ReadBound bound = ReadOf(r);
  bound.unnumbered = {"r"};
  EXPECT_EQ(Judged(P("0-1-150"), bound), Kind::kUnknown);
  EXPECT_EQ(Judged(r, bound), Kind::kContained);
  // As it was before, which its GTIDs do not tell.
  HostFacts older = r;
  older.traits.lsn = 4999;
  EXPECT_NE(Judged(older, bound), Kind::kContained);
  // And where it was read in doubt, the last one lacks it as well.
  bound.last = "p";
  bound.hosts["p"] = P("").traits;
  EXPECT_EQ(Judged(P("0-1-150"), bound), Kind::kUnknown);
  EXPECT_EQ(Judged(R("0-1-150"), bound), Kind::kUnknown);
}

HostFacts Node(const std::string& name, uint32_t id, uint64_t committed) {
  HostFacts node = HostAt(name, id, "");
  node.traits.cluster = "6d1c2e2c-0000";
  node.traits.cluster_committed = committed;
  return node;
}

TEST(ContainedTest, ANodeOfAClusterContainsByWhatItHasCommitted) {
  const ReadBound bound = ReadOf(Node("p", 1, 70));
  EXPECT_EQ(Judged(Node("r", 2, 70), bound), Kind::kContained);
  EXPECT_EQ(Judged(Node("r", 2, 69), bound), Kind::kLacks);
  // Nor does the same server contain by anything else.
  EXPECT_EQ(Judged(Node("p", 1, 69), bound), Kind::kLacks);
}

TEST(ContainedTest, ANodeOfAnotherClusterIsUnknown) {
  HostFacts other = Node("r", 2, 99);
  other.traits.cluster = "another";
  EXPECT_EQ(Judged(other, ReadOf(Node("p", 1, 70))), Kind::kUnknown);
}

}  // namespace
}  // namespace postmirror
