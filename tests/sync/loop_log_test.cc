#include "sync/loop_log.h"

#include <gmock/gmock.h>

#include "tests/sync/fake_clock.h"
#include "tests/sync/map_rows.h"
#include "tests/sync/recording_logger.h"

namespace postmirror {
namespace {

using ::testing::_;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class LoopLogTest : public ::testing::Test {
 protected:
  static MapResult Follows(const std::string& map, uint64_t entries) {
    MapResult result;
    result.map = map;
    result.entries = entries;
    return result;
  }

  static MapResult Held(const std::string& map, uint64_t count) {
    MapResult result = Follows(map, 100);
    result.held = HeldChanges{.removals = count,
                              .values = 0,
                              .additions = {},
                              .digest = "d",
                              .reason = "so"};
    return result;
  }

  const absl::Status down_ =
      absl::UnavailableError("server db: connect: refused");
  const absl::Status denied_ = absl::UnauthenticatedError("server db: denied");
  FakeClock clock_;
  RecordingLogger logger_;
  LoopLog log_{&clock_, &logger_};
};

TEST_F(LoopLogTest, SaysOnceThatItBrokeAndOnceThatItHealed) {
  for (int i = 0; i < 3; ++i) {
    log_.Broken(down_);
    clock_.Advance(absl::Hours(1));
  }
  EXPECT_THAT(
      logger_.Take(),
      ElementsAre(AllOf(StartsWith("error: server db: connect: refused"),
                        HasSubstr("trying again"))));
  log_.Healthy("db");
  log_.Healthy("db");
  EXPECT_THAT(logger_.Take(), ElementsAre("notice: server db: is read again"));
}

TEST_F(LoopLogTest, AHealthyBeginningIsNoHealing) {
  log_.Healthy("db");
  EXPECT_THAT(logger_.Take(), IsEmpty());
}

TEST_F(LoopLogTest, SaysAgainWhatBreaksAgain) {
  log_.Broken(down_);
  log_.Healthy("db");
  log_.Broken(down_);
  EXPECT_THAT(logger_.Take(), SizeIs(3));
}

TEST_F(LoopLogTest, AnotherCauseIsSaidAtMostOnceAMinute) {
  log_.Broken(down_);
  clock_.Advance(absl::Seconds(59));
  log_.Broken(denied_);
  EXPECT_THAT(logger_.Take(), SizeIs(1));
  clock_.Advance(absl::Seconds(1));
  log_.Broken(denied_);
  EXPECT_THAT(logger_.Take(), ElementsAre(HasSubstr("denied")));
  log_.Broken(down_);
  clock_.Advance(absl::Seconds(59));
  log_.Broken(down_);
  EXPECT_THAT(logger_.Take(), IsEmpty());
}

TEST_F(LoopLogTest, SomebodyInTheServersPlaceIsSaidAtOnce) {
  const absl::Status other = absl::FailedPreconditionError("served by games");
  log_.Broken(down_);
  log_.Broken(other);
  EXPECT_THAT(logger_.Take(), ElementsAre(_, HasSubstr("served by games")));
  for (int i = 0; i < 10; ++i) {
    log_.Broken(down_);
    log_.Broken(other);
  }
  EXPECT_THAT(logger_.Take(), IsEmpty());
}

TEST_F(LoopLogTest, AServerThatCannotBeReachedIsOneCauseHoweverItSaysSo) {
  log_.Broken(down_);
  clock_.Advance(absl::Hours(1));
  log_.Broken(absl::UnavailableError("server db: read: lost connection"));
  EXPECT_THAT(logger_.Take(), SizeIs(1));
}

TEST_F(LoopLogTest, AnotherMessageOfTheSameKindIsAnotherCause) {
  log_.Broken(absl::NotFoundError("map /a.cf: no such table"));
  clock_.Advance(absl::Minutes(1));
  log_.Broken(absl::NotFoundError("map /b.cf: no such table"));
  EXPECT_THAT(logger_.Take(),
              ElementsAre(HasSubstr("/a.cf"), HasSubstr("/b.cf")));
}

TEST_F(LoopLogTest, SaysTheChangeSourceWhenItChanges) {
  log_.Source("lsn", "every table is InnoDB", true);
  log_.Source("lsn", "every table is InnoDB", true);
  log_.Source("interval", "map /a.cf: table mail.a is MyISAM", true);
  EXPECT_THAT(
      logger_.Take(),
      ElementsAre("info: change source lsn: every table is InnoDB",
                  "info: change source interval: map /a.cf: table mail.a "
                  "is MyISAM"));
}

TEST_F(LoopLogTest, SaysThatAMapWasFilled) {
  MapResult filled = Follows("/a.cf", 7);
  filled.filled = true;
  log_.Results({filled});
  log_.Results({Follows("/a.cf", 8)});
  EXPECT_THAT(logger_.Take(),
              ElementsAre("notice: map /a.cf: filled, 7 entries"));
}

TEST_F(LoopLogTest, SaysOnceThatAMapIsHeldAndOnceThatItIsReleased) {
  log_.Results({Held("/a.cf", 60), Held("/b.cf", 100)});
  EXPECT_THAT(
      logger_.Take(),
      ElementsAre(
          AllOf(StartsWith("error: map /a.cf: is held"),
                HasSubstr("since so; new keys are applied, 60 removals"),
                HasSubstr("postmirrorctl accept /a.cf")),
          StartsWith("error: map /b.cf: is held")));
  log_.Results({Held("/a.cf", 61), Held("/b.cf", 100)});
  EXPECT_THAT(logger_.Take(), IsEmpty());
  log_.Results({Follows("/a.cf", 40), Held("/b.cf", 100)});
  log_.Results({Follows("/a.cf", 40), Held("/b.cf", 100)});
  EXPECT_THAT(
      logger_.Take(),
      ElementsAre("notice: map /a.cf: is not held any more, 40 entries"));
}

TEST_F(LoopLogTest, SaysAgainThatAMapIsHeldWhereNewKeysWaitToo) {
  log_.Results({Held("/a.cf", 60)});
  logger_.Take();
  MapResult whole = Held("/a.cf", 60);
  whole.held->additions = 0;
  log_.Results({whole});
  whole.held->additions = 2;
  log_.Results({whole});
  EXPECT_THAT(logger_.Take(),
              ElementsAre(HasSubstr("since so; 0 new keys, 60 removals and")));
  log_.Results({Held("/a.cf", 60)});
  EXPECT_THAT(logger_.Take(), ElementsAre(HasSubstr("new keys are applied")));
}

TEST_F(LoopLogTest, SaysOnceThatRowsCannotBeMirrored) {
  const MirroredMap map = MakeMap("/a.cf");
  Snapshot snapshot = Snap(map, {});
  snapshot.maps[0].unstorable_rows = 2;
  log_.Oddities(snapshot, true);
  log_.Oddities(snapshot, true);
  EXPECT_THAT(logger_.Take(),
              ElementsAre(AllOf(StartsWith("warning: map /a.cf: "),
                                HasSubstr("over 511 bytes"))));
}

TEST_F(LoopLogTest, SaysOnceThatSeveralGroupsAreNotOneMoment) {
  Snapshot snapshot;
  snapshot.is_one_moment = false;
  log_.Oddities(snapshot, true);
  log_.Oddities(snapshot, true);
  EXPECT_THAT(logger_.Take(), ElementsAre(StartsWith("warning: ")));
}

TEST_F(LoopLogTest, WarnsOfLocalPartsOnlyWhereTheyWouldBeAsked) {
  MirroredMap map = MakeMap("/a.cf");
  Snapshot snapshot = Snap(map, {});
  snapshot.maps[0].has_local_part_keys = true;
  log_.Oddities(snapshot, false);
  EXPECT_THAT(logger_.Take(), IsEmpty()) << "domains have no @";
  map.address_search = true;
  log_.Oddities(snapshot, true);
  EXPECT_THAT(logger_.Take(), IsEmpty()) << "mydestination is stated";
  log_.Oddities(snapshot, false);
  log_.Oddities(snapshot, false);
  EXPECT_THAT(logger_.Take(), ElementsAre(HasSubstr("mydestination is empty")));
}

TEST_F(LoopLogTest, SaysOnceThatAMapIsBrokenAndOnceThatItIsReadAgain) {
  log_.MendedMap("/a.cf");
  log_.BrokenMap("/a.cf", "no such table (1146); restore it");
  log_.BrokenMap("/a.cf", "unknown column (1054); restore it");
  EXPECT_THAT(logger_.Take(),
              ElementsAre(AllOf(StartsWith("error: map /a.cf: is broken: no "
                                           "such table (1146); restore it; "),
                                HasSubstr("removals and new domains"))));
  log_.MendedMap("/a.cf");
  log_.MendedMap("/a.cf");
  EXPECT_THAT(logger_.Take(),
              ElementsAre("notice: map /a.cf: can be read again"));
}

TEST_F(LoopLogTest, ASourceThatIsNotTheConfiguredOneIsAWarning) {
  log_.Source("lsn", "the account may not read the binlog", false);
  log_.Source("lsn", "the account may not read the binlog", false);
  EXPECT_THAT(
      logger_.Take(),
      ElementsAre(
          "warning: the configured change source cannot be used; change "
          "source lsn: the account may not read the binlog"));
}

TEST_F(LoopLogTest, AdviceIsGivenOnce) {
  log_.Advice("");
  log_.Advice("set binlog_format = ROW");
  log_.Advice("set binlog_format = ROW");
  EXPECT_THAT(logger_.Take(), ElementsAre("warning: set binlog_format = ROW"));
}

TEST_F(LoopLogTest, ChangesThatWereNotToldOfAreAWarningEachTime) {
  log_.Untold("/a.cf", 3, "binlog", false);
  log_.Untold("/a.cf", 1, "binlog", true);
  EXPECT_THAT(
      logger_.Take(),
      ElementsAre(
          StartsWith("warning: map /a.cf: 3 entries differed though the "
                     "binlog told of nothing"),
          AllOf(HasSubstr("1 entries"), HasSubstr("another change source"))));
}

TEST_F(LoopLogTest, AServerIdThatIsTakenIsNamed) {
  log_.ServerIdTaken(4711);
  EXPECT_THAT(logger_.Take(), ElementsAre(AllOf(StartsWith("warning: "),
                                                HasSubstr("server_id 4711"))));
}

TEST_F(LoopLogTest, AReplicaWhoseStateIsHiddenIsSaidOnce) {
  log_.ReplicaStateHidden();
  log_.ReplicaStateHidden();
  EXPECT_THAT(logger_.Take(),
              ElementsAre(AllOf(StartsWith("warning: "),
                                HasSubstr("SHOW SLAVE STATUS"))));
}

TEST_F(LoopLogTest, AnotherServerIsSaid) {
  log_.Healthy("one");
  log_.Healthy("one");
  log_.Healthy("two");
  EXPECT_THAT(logger_.Take(),
              ElementsAre("notice: server two: is read now, not one"));
}

// One line says both: that another one is read now is in its name.
TEST_F(LoopLogTest, AnotherServerAfterAFaultIsTheHealing) {
  log_.Healthy("one");
  log_.Broken(down_);
  logger_.Take();
  log_.Healthy("two");
  log_.Healthy("two");
  EXPECT_THAT(logger_.Take(), ElementsAre("notice: server two: is read again"));
}

TEST_F(LoopLogTest, TheSameSourceForAnotherReasonIsSaid) {
  log_.Source("lsn", "no grant", false);
  log_.Source("lsn", "log_bin is off", false);
  log_.Source("lsn", "no grant", false);
  EXPECT_THAT(logger_.Take(), SizeIs(3));
}

}  // namespace
}  // namespace postmirror
