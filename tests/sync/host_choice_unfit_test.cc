// Which hosts status names, since they would not do for the one that is read.
#include <gmock/gmock.h>

#include "tests/sync/host_choice_test_case.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

class HostChoiceUnfitTest : public HostChoiceTestCase {};

TEST_F(HostChoiceUnfitTest, AnEarlierHostThatWouldNotDoIsNamed) {
  Read(kR, R("0-1-150,0-2-190"));
  EXPECT_EQ(choice_.Unfit(), "");
  EXPECT_FALSE(choice_.IsGood(kP, P("0-1-150"), std::nullopt));
  EXPECT_THAT(choice_.Unfit(),
              HasSubstr("host p would not do in place of r: it lacks"));
  const ReplicaState stopped = {.running = false, .behind = {}};
  EXPECT_FALSE(choice_.IsGood(kP, P("0-1-150,0-2-190"), stopped));
  EXPECT_THAT(choice_.Unfit(), HasSubstr("stopped"));
  EXPECT_TRUE(choice_.IsGood(kP, P("0-1-150,0-2-190"), std::nullopt));
  EXPECT_EQ(choice_.Unfit(), "");
}

TEST_F(HostChoiceUnfitTest, AReplicaThatIsReadAndCannotReachItsPrimaryIsNamed) {
  const ReplicaState alone = {
      .running = true, .behind = {}, .knows_behind = false};
  Read(kP, P("0-1-150"));
  choice_.NoteReplica(alone);
  EXPECT_THAT(choice_.Unfit(), HasSubstr("host p, which is read, is a replica "
                                         "that cannot reach its primary"));
  choice_.NoteReplica(std::nullopt);
  EXPECT_EQ(choice_.Unfit(), "");
}

TEST_F(HostChoiceUnfitTest, AHostThatIsNotLookedAtAnyMoreIsNotNamed) {
  Read(kP, P("0-1-150"));
  RoundOfR(R("0-1-140"));
  EXPECT_THAT(choice_.Unfit(), HasSubstr("host r would not do"));
  Read(kP, P("0-1-150"));
  EXPECT_EQ(choice_.Unfit(), "");
}

TEST_F(HostChoiceUnfitTest, WhatSpokeAgainstAHostInDoubtIsOverWithTheDoubt) {
  Read(kP, P("0-1-150"));
  RoundOfR(R("0-1-140"));
  clock_.Advance(kWait);
  choice_.Order();
  choice_.Objection(kP, P("0-1-140"), std::nullopt);
  choice_.Objection(kR, R("0-1-130"), std::nullopt);
  ASSERT_THAT(choice_.LastResort(), Optional(kP));
  choice_.Take(kP);
  choice_.NoteRead(P("0-1-140"), false, true);
  EXPECT_FALSE(choice_.IsGood(kR, R("0-1-130"), std::nullopt));
  // It is accepted. Nobody looks at either any more.
  choice_.NoteRead(P("0-1-140"), true, true);
  EXPECT_EQ(choice_.Unfit(), "");
}

TEST_F(HostChoiceUnfitTest, AnEarlierHostIsNamedThoughTheDoubtIsOver) {
  Read(kR, R("0-1-150"));
  for (int round = 0; round < 2; ++round) {
    choice_.Order();
    // A read of P failed of late.
    choice_.Objection(kR, R("0-1-140"), std::nullopt);
    choice_.Objection(kP, P("0-1-130"), std::nullopt);
    EXPECT_EQ(choice_.LastResort().has_value(), round == 1);
    clock_.Advance(kWait);
  }
  choice_.Take(kR);
  choice_.NoteRead(R("0-1-140"), true, true);
  EXPECT_THAT(choice_.Unfit(), HasSubstr("host p would not do"));
}

TEST_F(HostChoiceUnfitTest, AHostThatDoesNotAnswerAnyMoreIsNotNamed) {
  Read(kR, R("0-1-150,0-2-190"));
  EXPECT_FALSE(choice_.IsGood(kP, P("0-1-150"), std::nullopt));
  // In a round it is not even met with.
  Read(kR, R("0-1-150,0-2-190"));
  EXPECT_EQ(choice_.Unfit(), "");
}

}  // namespace
}  // namespace postmirror
