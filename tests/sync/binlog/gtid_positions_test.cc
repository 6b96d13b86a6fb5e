#include "sync/binlog/gtid_positions.h"

#include <gmock/gmock.h>

namespace postmirror {
namespace {

TEST(GtidPositionsTest, NothingIsNoPosition) {
  EXPECT_EQ(ParseGtids(""), GtidPositions());
}

TEST(GtidPositionsTest, EachWriterHasANumber) {
  const GtidPositions two = {{{0, 1}, 150},
                             {{7, 4294967295}, 18446744073709551615U}};
  EXPECT_EQ(ParseGtids("0-1-150,7-4294967295-18446744073709551615"), two);
  // As the server breaks lines in @@gtid_binlog_state.
  EXPECT_EQ(ParseGtids("0-1-150,\n7-4294967295-18446744073709551615"), two);
}

TEST(GtidPositionsTest, AnythingElseIsRefused) {
  for (const char* text : {"0-1", "0-1-2-3", "a-1-2", "0-1-2,", "0-1-x",
                           "0-4294967296-1", "-1-1-1"}) {
    EXPECT_EQ(ParseGtids(text), std::nullopt) << text;
  }
}

TEST(GtidPositionsTest, RaisingLowersNothing) {
  GtidPositions positions = {{{0, 1}, 150}, {{0, 2}, 5}};
  RaiseGtids({{{0, 1}, 140}, {{0, 2}, 6}, {{1, 1}, 1}}, &positions);
  const GtidPositions raised = {{{0, 1}, 150}, {{0, 2}, 6}, {{1, 1}, 1}};
  EXPECT_EQ(positions, raised);
}

}  // namespace
}  // namespace postmirror
