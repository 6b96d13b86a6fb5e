#include "sync/read_pace.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

constexpr absl::Duration kReading = absl::Milliseconds(20);

TEST(ReadPaceTest, BeforeTheFirstReadThereIsNoPause) {
  EXPECT_EQ(ReadPace().pause(), absl::ZeroDuration());
}

TEST(ReadPaceTest, ReadingTakesAQuarterOfTheTimeAtMost) {
  ReadPace pace;
  for (int i = 0; i < 5; ++i) {
    pace.Note(kReading, true);
    EXPECT_EQ(pace.pause(), 3 * kReading);
  }
}

TEST(ReadPaceTest, WhileNothingIsFoundThePauseGrows) {
  ReadPace pace;
  pace.Note(kReading, false);
  EXPECT_EQ(pace.pause(), 3 * kReading);
  pace.Note(kReading, false);
  EXPECT_EQ(pace.pause(), 6 * kReading);
  for (int i = 0; i < 100; ++i) pace.Note(kReading, false);
  EXPECT_EQ(pace.pause(), 24 * kReading);
  pace.Note(kReading, true);
  EXPECT_EQ(pace.pause(), 3 * kReading) << "something is going on";
}

TEST(ReadPaceTest, NoPauseIsLongerHoweverLongReadingTakes) {
  ReadPace pace;
  pace.Note(absl::Hours(1), true);
  EXPECT_EQ(pace.pause(), ReadPace::kLongestPause);
  EXPECT_LE(ReadPace::kLongestPause, absl::Seconds(2)) << "as the manual says";
}

}  // namespace
}  // namespace postmirror
