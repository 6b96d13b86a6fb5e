#include "schema/runtime/logger.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

#include "absl/functional/function_ref.h"

namespace postmirror {
namespace {

// What `log` writes to standard error.
std::string Written(absl::FunctionRef<void(Logger&)> log) {
  testing::internal::CaptureStderr();
  StderrLogger logger("postmirror-sync");
  log(logger);
  return testing::internal::GetCapturedStderr();
}

class StderrLoggerTest : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("JOURNAL_STREAM"); }
  void TearDown() override { unsetenv("JOURNAL_STREAM"); }
};

TEST_F(StderrLoggerTest, NamesTheProgramAndTheSeverityOnATerminal) {
  EXPECT_EQ(Written([](Logger& log) { log.Error("a"); }),
            "postmirror-sync: error: a\n");
  EXPECT_EQ(Written([](Logger& log) { log.Warning("a"); }),
            "postmirror-sync: warning: a\n");
  EXPECT_EQ(Written([](Logger& log) { log.Notice("a"); }),
            "postmirror-sync: a\n");
  EXPECT_EQ(Written([](Logger& log) { log.Info("a"); }),
            "postmirror-sync: a\n");
}

TEST_F(StderrLoggerTest, LeadsWithTheLevelInTheJournal) {
  setenv("JOURNAL_STREAM", "8:1", 1);
  EXPECT_EQ(Written([](Logger& log) { log.Error("a"); }), "<3>a\n");
  EXPECT_EQ(Written([](Logger& log) { log.Warning("a"); }), "<4>a\n");
  EXPECT_EQ(Written([](Logger& log) { log.Notice("a"); }), "<5>a\n");
  EXPECT_EQ(Written([](Logger& log) { log.Info("a"); }), "<6>a\n");
}

TEST_F(StderrLoggerTest, NobodysTextBeginsALineOrMovesTheCursor) {
  const auto forge = [](Logger& log) { log.Notice("a\n<3>b\x1b[2J"); };
  EXPECT_EQ(Written(forge), "postmirror-sync: a\\n<3>b\\x1b[2J\n");
  setenv("JOURNAL_STREAM", "8:1", 1);
  EXPECT_EQ(Written(forge), "<5>a\\n<3>b\\x1b[2J\n");
}

TEST_F(StderrLoggerTest, LogsEachErrorOfAConfigurationByItself) {
  EXPECT_EQ(Written([](Logger& log) { log.ErrorLines("a\nb"); }),
            "postmirror-sync: error: a\npostmirror-sync: error: b\n");
}

}  // namespace
}  // namespace postmirror
