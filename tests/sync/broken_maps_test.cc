#include "sync/broken_maps.h"

#include <gmock/gmock.h>

#include "tests/sync/fake_clock.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kAliases[] = "/etc/aliases.cf";
constexpr char kDomains[] = "/etc/domains.cf";
constexpr absl::Duration kPause = absl::Milliseconds(500);

class BrokenMapsTest : public ::testing::Test {
 protected:
  // A read that finds these faults. Whether the rest is to be used.
  bool Read(const std::vector<MapFault>& faults) {
    maps_.Note(faults, clock_.Now());
    return !maps_.AnyMayPass(faults);
  }

  // How long it takes, asked every kPause.
  absl::Duration Break(const std::vector<MapFault>& faults) {
    const Moment begin = clock_.Now();
    while (!Read(faults)) clock_.Advance(kPause);
    return Elapsed(begin, clock_.Now());
  }

  static MapFault Missing(const char* map) {
    return {map, absl::NotFoundError("no such table (1146)")};
  }
  static MapFault NoColumn(const char* map) {
    return {map, absl::NotFoundError("unknown column (1054)")};
  }

  FakeClock clock_;
  BrokenMaps maps_;
};

TEST_F(BrokenMapsTest, NothingIsBroken) {
  EXPECT_TRUE(Read({}));
  EXPECT_FALSE(maps_.any());
  EXPECT_EQ(maps_.Find(kAliases), nullptr);
}

TEST_F(BrokenMapsTest, AMapBreaksAfterFiveSeconds) {
  const Moment begin = clock_.Now();
  EXPECT_EQ(Break({Missing(kAliases)}), absl::Seconds(5));
  EXPECT_TRUE(maps_.any());
  ASSERT_NE(maps_.Find(kAliases), nullptr);
  EXPECT_EQ(maps_.Find(kAliases)->since, begin);
  EXPECT_EQ(maps_.Find(kDomains), nullptr);
}

TEST_F(BrokenMapsTest, AMapThatIsReadMeanwhileBeginsAgain) {
  for (int i = 0; i < 9; ++i) {
    EXPECT_FALSE(Read({Missing(kAliases)}));
    clock_.Advance(kPause);
  }
  maps_.NoteRead(kAliases);
  EXPECT_EQ(Break({Missing(kAliases)}), absl::Seconds(5));
}

// Else alternating errors of one map stop all of them.
TEST_F(BrokenMapsTest, AnotherErrorOfTheSameMapGoesOnCounting) {
  const Moment begin = clock_.Now();
  for (bool odd = false; !Read({odd ? Missing(kAliases) : NoColumn(kAliases)});
       odd = !odd) {
    clock_.Advance(kPause);
  }
  EXPECT_EQ(Elapsed(begin, clock_.Now()), absl::Seconds(5));
}

// The server was down, or we were suspended: the table may be there by now.
TEST_F(BrokenMapsTest, TimeInWhichNothingWasAskedDoesNotCount) {
  EXPECT_FALSE(Read({Missing(kAliases)}));
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(Read({Missing(kAliases)}));
  EXPECT_EQ(Break({Missing(kAliases)}), absl::Seconds(4));
}

TEST_F(BrokenMapsTest, ASecondMapHasItsOwnFiveSeconds) {
  Break({Missing(kAliases)});
  EXPECT_FALSE(Read({Missing(kAliases), Missing(kDomains)}));
  EXPECT_EQ(Break({Missing(kAliases), Missing(kDomains)}), absl::Seconds(5));
}

TEST_F(BrokenMapsTest, ABrokenMapThatIsReadIsWhole) {
  Break({Missing(kAliases)});
  maps_.NoteRead(kAliases);
  EXPECT_FALSE(maps_.any());
}

TEST_F(BrokenMapsTest, TheLastErrorIsToldWithWhatToDo) {
  Break({Missing(kAliases)});
  Read({{kAliases, absl::PermissionDeniedError("denied (1142)")}});
  EXPECT_THAT(maps_.Find(kAliases)->error,
              AllOf(HasSubstr("denied (1142)"), HasSubstr("grant")));
}

TEST(MapFaultTest, ErrorsThatPassAndLostConnectionsAreNotTheMaps) {
  EXPECT_FALSE(IsOfTheMap(absl::OkStatus()));
  EXPECT_FALSE(IsOfTheMap(absl::AbortedError("lock wait timeout (1205)")));
  EXPECT_FALSE(IsOfTheMap(absl::UnavailableError("lost connection (2013)")));
  EXPECT_FALSE(IsOfTheMap(absl::ResourceExhaustedError("limit (1226)")));
  EXPECT_FALSE(IsOfTheMap(absl::CancelledError("stopped")));
  EXPECT_TRUE(IsOfTheMap(absl::NotFoundError("no such table (1146)")));
  EXPECT_TRUE(IsOfTheMap(absl::PermissionDeniedError("denied (1142)")));
  EXPECT_TRUE(IsOfTheMap(absl::InternalError("collations (1267)")));
  EXPECT_TRUE(IsOfTheMap(absl::FailedPreconditionError("no string")));
}

TEST(MapFaultTest, LimitsAndPasswordsAreTheAccountsAndAServerThatIsDownIsNot) {
  EXPECT_TRUE(IsOfTheAccount(absl::UnauthenticatedError("denied (1045)")));
  EXPECT_TRUE(IsOfTheAccount(absl::ResourceExhaustedError("limit (1226)")));
  EXPECT_TRUE(IsOfTheAccount(absl::FailedPreconditionError("option file")));
  EXPECT_FALSE(IsOfTheAccount(absl::UnavailableError("refused (2003)")));
}

TEST(MapFaultTest, AllFaultsAreNamedTogether) {
  EXPECT_EQ(Joined({{kAliases, absl::NotFoundError("gone")},
                    {kDomains, absl::PermissionDeniedError("denied")}}),
            absl::NotFoundError("map /etc/aliases.cf: gone; "
                                "map /etc/domains.cf: denied"));
}

TEST_F(BrokenMapsTest, NamesThoseThatAreBroken) {
  EXPECT_THAT(maps_.Names(), ::testing::IsEmpty());
  Break({{kAliases, absl::NotFoundError("no table")}});
  maps_.Note({{kDomains, absl::NotFoundError("no table")}}, clock_.Now());
  EXPECT_THAT(maps_.Names(), ::testing::ElementsAre(kAliases));
}

}  // namespace
}  // namespace postmirror
