#include "sync/left_out_maps.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/sync/fake_clock.h"
#include "tests/sync/map_rows.h"

namespace postmirror {
namespace {

class LeftOutMapsTest : public ::testing::Test {
 protected:
  LeftOutMapsTest() {
    group_.maps = {MakeMap("/a.cf"), MakeMap("/b.cf")};
    reader_.group = &group_;
    reader_.maps.resize(2);
  }

  Moment Now() const { return clock_.Now(); }
  void Note() { left_out_.Note({&reader_, 1}, Now()); }
  // As the maps are prepared for the next read.
  void Prepare() {
    reader_.maps.assign(2, PreparedMap());
    left_out_.LeaveOut({&reader_, 1}, Now());
  }

  FakeClock clock_;
  Group group_;
  GroupReader reader_;
  LeftOutMaps left_out_{absl::Hours(1)};
};

TEST_F(LeftOutMapsTest, AMapThatEndedItsReadKeepsItsFaultForAMinute) {
  reader_.maps[0].fault = absl::OutOfRangeError("too much");
  Note();
  Prepare();
  EXPECT_EQ(reader_.maps[0].fault, absl::OutOfRangeError("too much"));
  EXPECT_TRUE(reader_.maps[1].fault.ok());
  EXPECT_TRUE(left_out_.Has("/a.cf", Now()));
  EXPECT_FALSE(left_out_.Has("/b.cf", Now()));
  clock_.Advance(LeftOutMaps::kLongest);
  EXPECT_FALSE(left_out_.Has("/a.cf", Now()));
  Prepare();
  EXPECT_TRUE(reader_.maps[0].fault.ok());
}

TEST_F(LeftOutMapsTest, OneThatIsLeftOutStillIsNotPutOff) {
  reader_.maps[0].fault = absl::OutOfRangeError("too much");
  Note();
  clock_.Advance(LeftOutMaps::kLongest / 2);
  Prepare();
  reader_.maps[1].fault = absl::OutOfRangeError("too much");
  Note();
  clock_.Advance(LeftOutMaps::kLongest / 2);
  Prepare();
  EXPECT_TRUE(reader_.maps[0].fault.ok());
  EXPECT_FALSE(reader_.maps[1].fault.ok());
}

TEST_F(LeftOutMapsTest, EachIsLeftOutOnceHoweverLongThatTakes) {
  reader_.maps[0].fault = absl::OutOfRangeError("too much");
  Note();
  clock_.Advance(absl::Hours(1));
  Prepare();
  EXPECT_FALSE(reader_.maps[0].fault.ok());
  Prepare();
  EXPECT_TRUE(reader_.maps[0].fault.ok());
}

TEST_F(LeftOutMapsTest, OtherFaultsAreTriedAgainAtOnceAndStay) {
  reader_.maps[0].fault = absl::NotFoundError("no table");
  Note();
  EXPECT_FALSE(left_out_.Has("/a.cf", Now()));
  reader_.maps[1].fault = absl::OutOfRangeError("too much");
  Note();
  Prepare();
  EXPECT_TRUE(reader_.maps[0].fault.ok());
  reader_.maps[1].fault = absl::NotFoundError("no table");
  left_out_.LeaveOut({&reader_, 1}, Now());
  EXPECT_EQ(reader_.maps[1].fault, absl::NotFoundError("no table"));
}

TEST(LeftOutMapsIntervalTest, ItIsNoLongerThanThatOfReadingEverything) {
  FakeClock clock;
  Group group;
  group.maps = {MakeMap("/a.cf")};
  GroupReader reader;
  reader.group = &group;
  reader.maps.resize(1);
  reader.maps[0].fault = absl::OutOfRangeError("too much");
  LeftOutMaps left_out(absl::Seconds(2));
  left_out.Note({&reader, 1}, clock.Now());
  clock.Advance(absl::Seconds(2));
  EXPECT_FALSE(left_out.Has("/a.cf", clock.Now()));
}

}  // namespace
}  // namespace postmirror
