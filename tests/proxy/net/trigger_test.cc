#include "proxy/net/trigger.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace postmirror {
namespace {

class TriggerTest : public testing::Test {
 protected:
  // Counts, and ends the loop at the third time.
  std::function<void()> Count() {
    return [this] {
      if (++fired_ == 3) loop_->Stop();
    };
  }

  std::unique_ptr<EventLoop> loop_ = *EventLoop::Create();
  int fired_ = 0;
};

TEST_F(TriggerTest, FiresEveryInterval) {
  const auto trigger =
      Trigger::Every(absl::Milliseconds(1), loop_.get(), Count());
  ASSERT_TRUE(trigger.ok());
  loop_->Run([] {});
  EXPECT_EQ(fired_, 3);
}

TEST_F(TriggerTest, FiresOnceForWhatWasFiredBeforeItWoke) {
  const auto trigger = Trigger::OnFire(loop_.get(), [this] {
    ++fired_;
    loop_->Stop();
  });
  ASSERT_TRUE(trigger.ok());
  (*trigger)->Fire();
  (*trigger)->Fire();
  loop_->Run([] {});
  EXPECT_EQ(fired_, 1);
}

TEST_F(TriggerTest, SignalsFireAndDoNotKill) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    const auto loop = *EventLoop::Create();
    const auto trigger =
        Trigger::OnSignals({SIGTERM, SIGINT, SIGHUP}, loop.get(),
                           [loop = loop.get()] { loop->Stop(); });
    ASSERT_TRUE(trigger.ok());
    raise(number);
    loop->Run([] {});
  }
}

}  // namespace
}  // namespace postmirror
