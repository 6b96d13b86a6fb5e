#include "sync/host_choice.h"

#include <gmock/gmock.h>

#include "absl/strings/string_view.h"
#include "tests/sync/host_choice_test_case.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

class HostChoiceTest : public HostChoiceTestCase {};

TEST_F(HostChoiceTest, AReplicaThatLacksIsReadAfterHostWaitInDoubt) {
  Read(kP, P("0-1-150"));
  EXPECT_EQ(RoundOfR(R("0-1-140")), std::nullopt);
  EXPECT_TRUE(choice_.is_waiting());
  clock_.Advance(kWait - absl::Milliseconds(1));
  EXPECT_EQ(RoundOfR(R("0-1-140")), std::nullopt);
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(RoundOfR(R("0-1-140")), Optional(kR));
  choice_.Take(kR);
  EXPECT_TRUE(choice_.uncontained());
  EXPECT_THAT(choice_.doubt(), HasSubstr("0-1-150"));
}

TEST_F(HostChoiceTest, WhileNobodyAnswersHostWaitDoesNotPass) {
  Read(kP, P("0-1-150"));
  RoundOfR(R("0-1-140"));
  clock_.Advance(kWait);
  choice_.Order();
  EXPECT_EQ(choice_.LastResort(), std::nullopt);
  EXPECT_EQ(RoundOfR(R("0-1-140")), std::nullopt);
}

TEST_F(HostChoiceTest, HostWaitPassesWhileTheBetterHostCannotBeRead) {
  Read(kP, P("0-1-150"));
  RoundOfR(R("0-1-140"));
  clock_.Advance(kWait);
  choice_.Order();
  ASSERT_EQ(choice_.Objection(kP, P("0-1-150"), std::nullopt), std::nullopt);
  choice_.Take(kP);  // and what it is asked next it does not answer
  choice_.ReadFailed(kP);
  EXPECT_NE(choice_.Objection(kR, R("0-1-140"), std::nullopt), std::nullopt);
  EXPECT_THAT(choice_.LastResort(), Optional(kR));
}

TEST_F(HostChoiceTest, WhatIsHeldStaysReadUntilItIsTaken) {
  Read(kP, P("0-1-150"));
  RoundOfR(R("0-1-140"));
  clock_.Advance(kWait);
  RoundOfR(R("0-1-140"));
  choice_.Take(kR);
  choice_.NoteRead(R("0-1-140"), false, true);
  EXPECT_TRUE(choice_.uncontained());
  // The primary has all of it, and is looked for.
  EXPECT_THAT(choice_.BetterHosts(), ElementsAre(kP, kR));
  EXPECT_EQ(choice_.look_interval(), kWait);
  EXPECT_TRUE(choice_.IsGood(kP, P("0-1-150"), std::nullopt));
  EXPECT_FALSE(choice_.IsGood(kR, R("0-1-149"), std::nullopt));
  // It is accepted.
  choice_.NoteRead(R("0-1-140"), true, true);
  EXPECT_NE(choice_.Unkept(), std::nullopt);
  EXPECT_FALSE(choice_.uncontained());
  EXPECT_THAT(choice_.doubt(), IsEmpty());
  choice_.Order();
  EXPECT_EQ(choice_.Objection(kR, R("0-1-140"), std::nullopt), std::nullopt);
}

TEST_F(HostChoiceTest, InDoubtWhatIsWrittenIsFollowedAndWhatIsReplicatedHeld) {
  Read(kP, P("0-1-150"));
  RoundOfR(R("0-1-140"));
  clock_.Advance(kWait);
  RoundOfR(R("0-1-140"));
  choice_.Take(kR);
  EXPECT_TRUE(choice_.TakesBack(false));  // the first read of it
  choice_.NoteRead(R("0-1-140"), false, true);
  EXPECT_FALSE(choice_.TakesBack(false));
  EXPECT_TRUE(choice_.TakesBack(true));
  // It has stopped, but since the last read.
  EXPECT_TRUE(choice_.TakesBack(false));
  EXPECT_FALSE(choice_.TakesBack(false));
}

TEST_F(HostChoiceTest, AContainingHostEndsTheDoubt) {
  Read(kP, P("0-1-150"));
  RoundOfR(R("0-1-140"));
  clock_.Advance(kWait);
  RoundOfR(R("0-1-140"));
  choice_.Take(kR);
  choice_.NoteRead(R("0-1-140"), false, true);
  Read(kP, P("0-1-151"));
  EXPECT_FALSE(choice_.uncontained());
  EXPECT_THAT(choice_.doubt(), IsEmpty());
}

TEST_F(HostChoiceTest, AHostThatContainsIsTheBetterLastResort) {
  Read(kP, P("0-1-150"));
  const ReplicaState stopped = {.running = false, .behind = {}};
  for (int round = 0; round < 2; ++round) {
    choice_.Order();
    choice_.Objection(kP, P("0-1-140"), std::nullopt);
    EXPECT_THAT(choice_.Objection(kR, R("0-1-150"), stopped),
                Optional(HasSubstr("stopped")));
    const std::optional<size_t> last = choice_.LastResort();
    EXPECT_EQ(last.has_value(), round == 1);
    EXPECT_EQ(last.value_or(kR), kR);
    clock_.Advance(kWait);
  }
  choice_.Take(kR);
  EXPECT_FALSE(choice_.uncontained());
  EXPECT_THAT(choice_.doubt(), HasSubstr("stopped"));
}

TEST_F(HostChoiceTest, AReplicaIsNeverReadForItsThreadsAlone) {
  Read(kP, P("0-1-150"));
  const ReplicaState fine = {.running = true, .behind = {}};
  choice_.Order();
  EXPECT_NE(choice_.Objection(kR, R("0-1-149"), fine), std::nullopt);
  const ReplicaState late = {.running = true, .behind = absl::Seconds(61)};
  EXPECT_THAT(choice_.Objection(kR, R("0-1-150"), late),
              Optional(HasSubstr("behind")));
  // Its primary is away: it is connecting, and contains.
  const ReplicaState alone = {
      .running = true, .behind = {}, .knows_behind = false};
  EXPECT_EQ(choice_.Objection(kR, R("0-1-150"), alone), std::nullopt);
}

TEST_F(HostChoiceTest, AHostIsAskedForTheTablesThatWereReadOfItself) {
  HostFacts p = P("0-1-150");
  p.traits.created = {{{"mail", "former"}, "100"}};
  Read(kP, p);
  Read(kR, R("0-1-150"));
  EXPECT_EQ(choice_.Tables(kP), p.traits.created);
  EXPECT_EQ(choice_.Tables(kR), R("0-1-150").traits.created);
}

TEST_F(HostChoiceTest, WithoutABoundTheFirstHostIsReadAtOnce) {
  choice_.Order();
  EXPECT_EQ(choice_.Objection(kP, P("0-1-150"), std::nullopt), std::nullopt);
  // But a replica that does not know how far it is behind may be far behind.
  const ReplicaState alone = {
      .running = true, .behind = {}, .knows_behind = false};
  EXPECT_NE(choice_.Objection(kR, R("0-1-150"), alone), std::nullopt);
}

TEST_F(HostChoiceTest, ADamagedBoundIsNotContained) {
  HostChoice choice({"p", "r"},
                    {.host_wait = kWait, .reconcile_interval = kWait}, &clock_);
  StoredReads stored = Filled();
  stored.bounds["map"] = std::nullopt;
  choice.Remember(stored);
  choice.Order();
  EXPECT_THAT(choice.Objection(kP, P("0-1-150"), std::nullopt),
              Optional(HasSubstr("damaged")));
  choice.LastResort();
  clock_.Advance(kWait);
  choice.Order();
  choice.Objection(kP, P("0-1-150"), std::nullopt);
  ASSERT_THAT(choice.LastResort(), Optional(kP));
  choice.Take(kP);
  EXPECT_TRUE(choice.uncontained());
  // What the store has besides is not covered by it.
  EXPECT_EQ(choice.BoundWith(P("0-1-150")), "");
  choice.NoteRead(P("0-1-150"), false, true);
  EXPECT_EQ(choice.Unkept(), std::nullopt);
  choice.NoteRead(P("0-1-150"), true, true);
  EXPECT_NE(choice.Unkept(), std::nullopt);
  EXPECT_NE(choice.BoundWith(P("0-1-150")), "");
}

TEST_F(HostChoiceTest, AFirstFillIsFromWhoeverAnswers) {
  HostChoice choice({"p", "r"},
                    {.host_wait = kWait, .reconcile_interval = kWait}, &clock_);
  choice.Remember(StoredReads());
  const ReplicaState stopped = {.running = false, .behind = {}};
  EXPECT_EQ(choice.Objection(kR, R(""), stopped), std::nullopt);
}

TEST_F(HostChoiceTest, WithOneHostNothingIsUncontained) {
  HostChoice choice({"p"}, {.host_wait = kWait, .reconcile_interval = kWait},
                    &clock_);
  choice.Remember(Filled());
  choice.Order();
  choice.NoteRead(P("0-1-150"), true, true);
  choice.Order();
  EXPECT_EQ(choice.Objection(kP, P("0-1-140"), std::nullopt), std::nullopt);
  choice.Take(kP);
  EXPECT_FALSE(choice.uncontained());
  EXPECT_THAT(choice.BetterHosts(), IsEmpty());
}

TEST_F(HostChoiceTest, WhatAHostLostIsToBeKeptAtOnce) {
  Read(kR, R("0-1-150,0-2-190"));
  choice_.NoteKept();
  EXPECT_EQ(choice_.Unkept(), std::nullopt);
  EXPECT_FALSE(choice_.IsGood(kP, P("0-1-140"), std::nullopt));
  std::optional<std::string> kept = choice_.Unkept();
  ASSERT_TRUE(kept.has_value());
  EXPECT_THAT(DecodeReadBound(*kept)->lost, ElementsAre("p"));
  EXPECT_FALSE(choice_.IsGood(kP, P("0-1-160,0-2-190"), std::nullopt));
  // The disk was full.
  choice_.NoteRead(R("0-1-150,0-2-190"), true, false);
  EXPECT_NE(choice_.Unkept(), std::nullopt);
  choice_.NoteKept();
  // And no more often than it has changed.
  choice_.NoteRead(R("0-1-150,0-2-191"), true, true);
  EXPECT_FALSE(choice_.IsGood(kP, P("0-1-140"), std::nullopt));
  EXPECT_EQ(choice_.Unkept(), std::nullopt);
}

TEST_F(HostChoiceTest, ABinlogThatIsBegunAgainIsToBeKeptAtOnce) {
  Read(kP, P("0-1-150"));
  choice_.NotePositions(P("0-1-150"));
  EXPECT_EQ(choice_.Unkept(), std::nullopt);
  HostFacts reset = P("0-1-3");
  reset.traits.binlog = BinlogPosition{"bin.000001", 500};
  choice_.NotePositions(reset);
  EXPECT_NE(choice_.Unkept(), std::nullopt);
}

// R without a binlog, whose snapshots show `before` at least and `after` at
// most.
HostFacts PlainR(const std::string& before, const std::string& after) {
  HostFacts facts = HostAt("r", 2, after);
  facts.traits.binlog.reset();
  facts.shown = Gtids(before);
  facts.replicates = true;
  return facts;
}

TEST_F(HostChoiceTest, WhatAPromotedReplicaWithoutABinlogGotIsNotTakenBack) {
  Read(kP, P("0-1-150"));
  Read(kR, PlainR("0-1-150", "0-1-150"));
  // 40 mailboxes.
  const HostFacts promoted = PlainR("0-1-150", "0-1-150");
  EXPECT_THAT(DecodeReadBound(choice_.BoundWith(promoted))->unnumbered,
              ElementsAre("r"));
  choice_.NoteRead(promoted, true, true);
  EXPECT_FALSE(choice_.IsGood(kP, P("0-1-150"), std::nullopt));
  EXPECT_TRUE(choice_.IsGood(kR, promoted, std::nullopt));
}

TEST_F(HostChoiceTest, APromotedReplicaWithoutABinlogIsSeenAtItsFirstRead) {
  Read(kP, P("0-1-150"));
  HostFacts promoted = PlainR("0-1-155", "0-1-155");
  promoted.replicates = false;
  Read(kR, promoted);
  EXPECT_FALSE(choice_.IsGood(kP, P("0-1-155"), std::nullopt));
}

TEST_F(HostChoiceTest, AReplicaWithoutABinlogThatReplicatesAloneIsNoObstacle) {
  Read(kP, P("0-1-150"));
  Read(kR, PlainR("0-1-151", "0-1-151"));
  choice_.NoteRead(PlainR("0-1-151", "0-1-152"), true, true);
  // What it has replicated after the snapshot before.
  choice_.NoteRead(PlainR("0-1-152", "0-1-152"), true, true);
  choice_.NoteRead(PlainR("0-1-152", "0-1-152"), true, false);
  EXPECT_TRUE(choice_.IsGood(kP, P("0-1-152"), std::nullopt));
}

TEST_F(HostChoiceTest, WhatWasAddedInDoubtWithoutGtidsIsNotTakenBack) {
  // No host has a binlog.
  HostFacts p = P("");
  p.traits.binlog.reset();
  Read(kP, p);
  RoundOfR(PlainR("", ""));
  clock_.Advance(kWait);
  RoundOfR(PlainR("", ""));
  choice_.Take(kR);
  choice_.NoteRead(PlainR("", ""), false, true);
  EXPECT_FALSE(choice_.IsGood(kP, p, std::nullopt));
}

TEST_F(HostChoiceTest, WhereNothingWasAddedInDoubtTheFormerHostIsGood) {
  HostFacts p = P("");
  p.traits.binlog.reset();
  Read(kP, p);
  RoundOfR(PlainR("", ""));
  clock_.Advance(kWait);
  RoundOfR(PlainR("", ""));
  choice_.Take(kR);
  choice_.NoteRead(PlainR("", ""), false, false);
  EXPECT_TRUE(choice_.IsGood(kP, p, std::nullopt));
}

// The server has no binlog, and both entries.
TEST_F(HostChoiceTest, TheOtherEntryOfAServerHasWhatIsWithoutGtids) {
  HostFacts server = P("");
  server.traits.binlog.reset();
  server.traits.host = "r";
  Read(kR, server);
  choice_.NoteRead(server, true, true);
  choice_.NoteSameServer(kP);
  server.traits.host = "p";
  EXPECT_EQ(choice_.Objection(kP, server, std::nullopt), std::nullopt);
}

TEST_F(HostChoiceTest, AHostWhoseReadFailsComesBehindTheOthersForAWhile) {
  Read(kP, P("0-1-150"));
  choice_.ReadFailed(kP);
  EXPECT_THAT(choice_.Order(), ElementsAre(kR, kP));
  Read(kR, R("0-1-150"));
  EXPECT_THAT(choice_.BetterHosts(), IsEmpty());
  clock_.Advance(absl::Seconds(300));
  EXPECT_THAT(choice_.BetterHosts(), ElementsAre(kP));
  // Twice as long the next time.
  choice_.ReadFailed(kP);
  clock_.Advance(absl::Seconds(599));
  EXPECT_THAT(choice_.Order(), ElementsAre(kR, kP));
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(choice_.Order(), ElementsAre(kP, kR));
  choice_.ReadFailed(kP);
  choice_.ReadSucceeded(kP);
  EXPECT_THAT(choice_.Order(), ElementsAre(kP, kR));
}

}  // namespace
}  // namespace postmirror
