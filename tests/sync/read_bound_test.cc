#include "sync/read_bound.h"

#include <gmock/gmock.h>

#include "tests/sync/host_facts_text.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ReadBound Everything() {
  ReadBound bound = ReadOf(HostAt("inet:a\tb\n:3306", 1, "0-1-150,7-2-9"));
  HostTraits& other = bound.hosts["r"];
  other.host = "r";
  other.created[{"mail\\", "\xff"}] = "";
  other.cluster = "6d1c2e2c";
  other.cluster_committed = 70;
  bound.restarted = {{0, 1}, {7, 2}};
  bound.lost = {"p", "q"};
  bound.unnumbered = {"r"};
  return bound;
}

TEST(ReadBoundTest, AnEncodingSaysAllOfIt) {
  EXPECT_EQ(DecodeReadBound(EncodeReadBound(Everything())), Everything());
  EXPECT_EQ(DecodeReadBound(EncodeReadBound(ReadBound())), ReadBound());
}

// schema/README.md shows it.
TEST(ReadBoundTest, AnEncodingIsTheseLines) {
  HostFacts db1 = HostAt("db1.example.org:3306", 1, "0-1-150");
  db1.traits.server_uid = "Vn3qkzTjS9oRw1yAaYB8bH2mWkE=";
  db1.traits.binlog = BinlogPosition{"mail-bin.000004", 700};
  db1.traits.created = {{{"mail", "virtual_aliases"}, "1760000000"}};
  HostFacts db2 = HostAt("db2.example.org:3306", 2, "0-1-150");
  db2.traits.server_uid = "b1xT6c0uQ5pEoWm7dLr4hJfZsYg=";
  db2.traits.lsn = db2.traits.lsn_flushed = 81000;
  db2.traits.binlog.reset();
  db2.traits.created = {{{"mail", "virtual_aliases"}, "1760000007"}};
  ReadBound bound = BoundAfter(ReadOf(db1), db2, Reading::kTaken);
  bound.lost.insert("db1.example.org:3306");
  EXPECT_EQ(EncodeReadBound(bound),
            "bound\t2\n"
            "last\tdb2.example.org:3306\n"
            "host\tdb1.example.org:3306\tVn3qkzTjS9oRw1yAaYB8bH2mWkE=\n"
            "lsn\t5000\n"
            "flushed\t4900\n"
            "binlog\tmail-bin.000004\t700\n"
            "created\tmail\tvirtual_aliases\t1760000000\n"
            "host\tdb2.example.org:3306\tb1xT6c0uQ5pEoWm7dLr4hJfZsYg=\n"
            "lsn\t81000\n"
            "flushed\t81000\n"
            "created\tmail\tvirtual_aliases\t1760000007\n"
            "gtid\t0\t1\t150\n"
            "lost\tdb1.example.org:3306\n");
}

TEST(ReadBoundTest, WhatIsNoEncodingIsRefused) {
  const std::string good = EncodeReadBound(Everything());
  EXPECT_EQ(DecodeReadBound(""), std::nullopt);
  EXPECT_EQ(DecodeReadBound("bound\t3\n"), std::nullopt);
  // The former encoding: what it says is not all that is asked.
  EXPECT_EQ(DecodeReadBound("bound\t1\nhost\tp\tuid1\ngtid\t0\t1\t150\n"),
            std::nullopt);
  EXPECT_EQ(DecodeReadBound("bound\t2\nlsn\t5\nhost\tp\tuid\n"), std::nullopt);
  EXPECT_EQ(DecodeReadBound(good + "unknown\t1\n"), std::nullopt);
  EXPECT_EQ(DecodeReadBound(good + "gtid\t0\t1\n"), std::nullopt);
  EXPECT_EQ(DecodeReadBound(good.substr(0, good.size() - 1)), std::nullopt);
}

TEST(ReadBoundTest, AReadOfTheSameHostMovesIt) {
  const ReadBound bound =
      BoundAfter(ReadOf(HostAt("p", 1, "0-1-150")), HostAt("p", 1, "0-1-151"),
                 Reading::kTaken);
  EXPECT_EQ(bound.gtids, Gtids("0-1-151"));
  EXPECT_THAT(bound.restarted, IsEmpty());
}

TEST(ReadBoundTest, WhileSomethingIsHeldNothingIsForgotten) {
  const ReadBound before = ReadOf(HostAt("p", 1, "0-1-150"));
  const HostFacts stale = HostAt("r", 2, "0-1-140,0-2-3");
  const ReadBound held = BoundAfter(before, stale, Reading::kUncontained);
  EXPECT_EQ(held.gtids, Gtids("0-1-150,0-2-3"));
  // Otherwise it would contain what was read by being the last one.
  EXPECT_EQ(held.last, "p");
  const ReadBound accepted = BoundAfter(held, stale, Reading::kTaken);
  EXPECT_EQ(accepted.gtids, Gtids("0-1-140,0-2-3"));
  EXPECT_EQ(accepted.last, "r");
  EXPECT_THAT(accepted.restarted, IsEmpty());
}

TEST(ReadBoundTest, OwnNumbersThatGoBackAreRemembered) {
  const ReadBound bound = BoundAfter(ReadOf(HostAt("p", 1, "0-1-150,0-2-9")),
                                     HostAt("p", 1, "0-1-3"), Reading::kTaken);
  EXPECT_EQ(bound.gtids, Gtids("0-1-3"));
  EXPECT_THAT(bound.restarted, ElementsAre(GtidWriter{0, 1}));
}

TEST(ReadBoundTest, AnotherHostThatLostOwnNumbersHasRestarted) {
  // It was accepted as it is: what it writes now others may have differently.
  const ReadBound bound =
      BoundAfter(ReadOf(HostAt("r", 2, "0-1-150,0-2-9")),
                 HostAt("p", 1, "0-1-140"), Reading::kTaken);
  EXPECT_THAT(bound.restarted, ElementsAre(GtidWriter{0, 1}));
}

TEST(ReadBoundTest, ABinlogThatGoesBackIsARestartWhateverTheNumbers) {
  HostFacts reset = HostAt("p", 1, "0-1-200");
  reset.traits.binlog = BinlogPosition{"bin.000001", 900};
  const ReadBound bound =
      BoundAfter(ReadOf(HostAt("p", 1, "0-1-150")), reset, Reading::kPartly);
  EXPECT_THAT(bound.restarted, ElementsAre(GtidWriter{0, 1}));
}

TEST(ReadBoundTest, BetweenTwoReadsALogThatGoesBackIsSeen) {
  ReadBound bound = ReadOf(HostAt("p", 1, "0-1-150"));
  HostFacts now = HostAt("p", 1, "0-1-150");
  now.traits.lsn = 6000;
  FollowPositions(now, &bound);
  EXPECT_EQ(bound.hosts["p"].lsn, 6000U);
  EXPECT_THAT(bound.restarted, IsEmpty());
  now.traits.binlog = BinlogPosition{"bin.000001", 900};
  FollowPositions(now, &bound);
  EXPECT_THAT(bound.restarted, ElementsAre(GtidWriter{0, 1}));
}

TEST(ReadBoundTest, WhatAHostWasStaysWhenAnotherOneIsRead) {
  HostFacts p = HostAt("p", 1, "0-1-150");
  p.traits.lsn = 6000;
  const ReadBound bound =
      BoundAfter(ReadOf(p), HostAt("r", 2, "0-1-150"), Reading::kTaken);
  EXPECT_EQ(bound.last, "r");
  EXPECT_EQ(bound.hosts.at("p"), p.traits);
  // Its binlog was begun again meanwhile, whatever its numbers are.
  HostFacts again = HostAt("p", 1, "0-1-200");
  again.traits.binlog = BinlogPosition{"bin.000001", 900};
  EXPECT_THAT(BoundAfter(bound, again, Reading::kTaken).restarted,
              ElementsAre(GtidWriter{0, 1}));
}

TEST(ReadBoundTest, ARestartedHostThatIsGivenUpHasLost) {
  ReadBound restarted = ReadOf(HostAt("p", 1, "0-1-3"));
  restarted.restarted = {{0, 1}};
  const ReadBound bound =
      BoundAfter(restarted, HostAt("r", 2, "0-1-150"), Reading::kTaken);
  EXPECT_THAT(bound.restarted, IsEmpty());
  EXPECT_THAT(bound.lost, ElementsAre("p"));
}

TEST(ReadBoundTest, AHostThatIsTakenHasLostNothing) {
  ReadBound before = ReadOf(HostAt("r", 2, "0-1-150"));
  before.lost = {"p", "q"};
  const ReadBound bound =
      BoundAfter(before, HostAt("p", 1, "0-1-150"), Reading::kTaken);
  EXPECT_THAT(bound.lost, ElementsAre("q"));
}

TEST(ReadBoundTest, ChangesWithoutGtidsStayUntilAnotherHostIsTaken) {
  const HostFacts r = HostAt("r", 2, "");
  ReadBound bound =
      BoundAfter(ReadOf(HostAt("p", 1, "0-1-150")), r, Reading::kTaken, true);
  EXPECT_THAT(bound.unnumbered, ElementsAre("r"));
  bound = BoundAfter(bound, r, Reading::kTaken);
  const HostFacts p = HostAt("p", 1, "0-1-150");
  EXPECT_THAT(BoundAfter(bound, p, Reading::kPartly).unnumbered,
              ElementsAre("r"));
  EXPECT_THAT(BoundAfter(bound, p, Reading::kUncontained).unnumbered,
              ElementsAre("r"));
  EXPECT_THAT(BoundAfter(bound, p, Reading::kTaken).unnumbered, IsEmpty());
}

class RecallTest : public ::testing::Test {
 protected:
  StoredReads stored_;
  const std::string p_ = EncodeReadBound(ReadOf(HostAt("p", 1, "0-1-150")));
};

TEST_F(RecallTest, NothingStoredIsNothingRead) {
  const Recollection recollection = Recall(stored_);
  EXPECT_EQ(recollection.bound, std::nullopt);
  EXPECT_FALSE(recollection.damaged);
}

TEST_F(RecallTest, ADamagedNoteIsNotNothing) {
  stored_.bounds["aliases"] = p_;
  stored_.bounds["domains"] = std::nullopt;
  EXPECT_TRUE(Recall(stored_).damaged);
  EXPECT_EQ(Recall(stored_).bound, std::nullopt);
  stored_.bounds["domains"] = "of a later version";
  EXPECT_TRUE(Recall(stored_).damaged);
  StoredReads unknown;
  unknown.unknown = true;
  EXPECT_TRUE(Recall(unknown).damaged);
}

TEST_F(RecallTest, AllThatWasReadOfAnyOfTheMapsCounts) {
  stored_.bounds["aliases"] = p_;
  stored_.bounds["domains"] =
      EncodeReadBound(ReadOf(HostAt("p", 1, "0-1-140,0-3-7")));
  // A map without one was not read yet.
  const Recollection recollection = Recall(stored_);
  ASSERT_TRUE(recollection.bound.has_value());
  EXPECT_EQ(recollection.bound->gtids, Gtids("0-1-150,0-3-7"));
  EXPECT_EQ(recollection.bound->last, "p");
}

TEST_F(RecallTest, MapsThatWereReadOfDifferentHostsLastHaveNoLastOne) {
  HostFacts r = HostAt("r", 2, "0-1-100");
  r.traits.lsn = 9000;
  stored_.bounds["aliases"] = p_;
  stored_.bounds["domains"] = EncodeReadBound(ReadOf(r));
  const Recollection recollection = Recall(stored_);
  ASSERT_TRUE(recollection.bound.has_value());
  EXPECT_EQ(recollection.bound->last, "");
  EXPECT_EQ(recollection.bound->hosts.size(), 2U);
  EXPECT_EQ(recollection.bound->gtids, Gtids("0-1-150"));
}

TEST_F(RecallTest, OfTwoReadsOfAHostTheOneThatAsksMoreCounts) {
  HostFacts later = HostAt("p", 1, "0-1-100");
  later.traits.lsn = 9000;
  stored_.bounds["aliases"] = EncodeReadBound(ReadOf(later));
  stored_.bounds["domains"] = p_;
  EXPECT_EQ(Recall(stored_).bound->hosts.at("p").lsn, 9000U);
  HostFacts other = HostAt("p", 2, "0-1-100");
  stored_.bounds["domains"] = EncodeReadBound(ReadOf(other));
  EXPECT_EQ(Recall(stored_).bound->last, "");
}

}  // namespace
}  // namespace postmirror
