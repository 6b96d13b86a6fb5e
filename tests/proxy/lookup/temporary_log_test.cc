#include "proxy/lookup/temporary_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
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

TEST_F(TemporaryLogTest, SaysTheParameterTheKeyAndTheReason) {
  log_.Report("virtual_alias_maps", "a@b", "the store is damaged");
  EXPECT_THAT(logger_.Take(),
              ElementsAre("virtual_alias_maps: the lookup of \"a@b\" is "
                          "answered temporarily: the store is damaged"));
}

TEST_F(TemporaryLogTest, SaysOneLineAMinute) {
  for (int i = 0; i < 1000; ++i)
    log_.Report("virtual_alias_maps", "a@b", "damage");
  EXPECT_EQ(logger_.Take().size(), 1u);
  clock_.now.since_boot += absl::Minutes(1);
  log_.Report("virtual_alias_maps", "a@b", "damage");
  EXPECT_THAT(logger_.Take(), ElementsAre(HasSubstr("; 999 others before")));
}

TEST_F(TemporaryLogTest, OneReasonDoesNotHideAnother) {
  log_.Report("virtual_alias_maps", "a@b", "expansion_limit is exceeded");
  log_.Report("virtual_alias_maps", "c@d", "the store is damaged");
  log_.Report("virtual_mailbox_maps", "c@d", "the store is damaged");
  EXPECT_EQ(logger_.Take().size(), 3u);
}

TEST_F(TemporaryLogTest, WhatAReasonQuotesMakesNoOtherKind) {
  for (int i = 0; i < 1000; ++i) {
    log_.Report("virtual_alias_maps", "a@b",
                absl::StrCat("extension \"+", i, "\" cannot go into"));
  }
  EXPECT_EQ(logger_.Take().size(), 1u);
}

TEST_F(TemporaryLogTest, FurtherFaultsWaitWhileTheTableIsFull) {
  for (size_t i = 0; i < 2 * TemporaryLog::kMaxFaults; ++i)
    log_.Report("virtual_alias_maps", "a@b", absl::StrCat("fault ", i));
  EXPECT_EQ(logger_.Take().size(), TemporaryLog::kMaxFaults);
  clock_.now.since_boot += absl::Minutes(1);
  log_.Report("virtual_alias_maps", "a@b", "another fault");
  EXPECT_THAT(logger_.Take(), ElementsAre(HasSubstr(": another fault")));
}

TEST_F(TemporaryLogTest, KeepsWhatItQuotesShortAndToOneLine) {
  log_.Report("virtual_alias_maps", "k\n" + std::string(200, 'k'),
              "value \"a\nb\"");
  const std::vector<std::string> lines = logger_.Take();
  EXPECT_THAT(lines, ElementsAre(HasSubstr("a\\nb")));
  EXPECT_THAT(
      lines, ElementsAre(HasSubstr("\"k\\n" + std::string(98, 'k') + "...\"")));
}

}  // namespace
}  // namespace postmirror
