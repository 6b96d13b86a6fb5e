#include "proxy/temporary_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/proxy/recording_logger.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SteppedClock final : public Clock {
 public:
  Moment Now() const override { return now; }

  Moment now;
};

class TemporaryLogTest : public testing::Test {
 protected:
  SteppedClock clock_;
  RecordingLogger logger_;
  TemporaryLog log_{&clock_, &logger_};
};

TEST_F(TemporaryLogTest, SaysTheParameterAndTheReason) {
  log_.Report("virtual_alias_maps", "the store is damaged");
  EXPECT_THAT(logger_.Take(), ElementsAre(HasSubstr(
                                  "a lookup in virtual_alias_maps is answered "
                                  "temporarily: the store is damaged")));
}

TEST_F(TemporaryLogTest, SaysOneLineAMinute) {
  for (int i = 0; i < 1000; ++i) log_.Report("virtual_alias_maps", "damage");
  EXPECT_EQ(logger_.Take().size(), 1u);
  clock_.now.since_boot += absl::Minutes(1);
  log_.Report("virtual_mailbox_maps", "damage");
  EXPECT_THAT(logger_.Take(), ElementsAre(HasSubstr("; 999 others before")));
}

TEST_F(TemporaryLogTest, KeepsWhatItQuotesToOneLine) {
  log_.Report("virtual_alias_maps", "value \"a\nb\"");
  EXPECT_THAT(logger_.Take(), ElementsAre(HasSubstr("a\\nb")));
}

}  // namespace
}  // namespace postmirror
