// Whether a loop that shows no sign of life is known for it. Nothing is
// connected: the loop does not run.
#include <gtest/gtest.h>

#include "sync/collation_tables.h"
#include "sync/mirror_loop.h"
#include "sync/status_board.h"
#include "sync/stop_signal.h"
#include "tests/sync/fake_clock.h"
#include "tests/sync/recording_logger.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

class MirrorLoopLifeTest : public ::testing::Test {
 protected:
  static ServerPlan OneHost() {
    ServerPlan plan;
    plan.hosts.resize(1);
    return plan;
  }

  TemporaryFolder folder_;
  FakeClock clock_;
  RecordingLogger logger_;
  const Config config_ = {};
  const ServerPlan plan_ = OneHost();
  MirrorStore store_{folder_.path(), 0.5, &clock_, &logger_};
  StatusBoard board_{folder_.path(), 1, &clock_, &logger_};
  SyncMetrics metrics_{folder_.path(), &clock_};
  CollationTables collations_;
  StopSignal stop_;
  MirrorLoop loop_{&plan_,
                   0,
                   folder_.path(),
                   {.config = &config_,
                    .store = &store_,
                    .board = &board_,
                    .metrics = &metrics_,
                    .collations = &collations_,
                    .clock = &clock_,
                    .logger = &logger_,
                    .stop = &stop_}};
};

// An hour, and ten statements that run into their timeouts.
TEST_F(MirrorLoopLifeTest, IsStuckOnlyAfterAllThatItMayWaitFor) {
  EXPECT_FALSE(loop_.IsStuck());
  clock_.Advance(absl::Hours(1) +
                 10 * (config_.connect_timeout + config_.read_timeout));
  EXPECT_FALSE(loop_.IsStuck());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(loop_.IsStuck());
}

}  // namespace
}  // namespace postmirror
