#include "proxy/pulse.h"

#include <gtest/gtest.h>

#include <memory>

namespace postmirror {
namespace {

class PulseTest : public testing::Test {
 protected:
  // Lets a worker go on until it has done everything that was posted.
  static void RunToTheEnd(Worker* worker) {
    worker->Stop();
    worker->Run();
  }

  ClientCounts clients_{LocalUsers()};
  const std::unique_ptr<Worker> first_ = *Worker::Create({}, &clients_);
  const std::unique_ptr<Worker> second_ = *Worker::Create({}, &clients_);
  Pulse pulse_{{first_.get(), second_.get()}};
};

TEST_F(PulseTest, BeatsOnceEveryWorkerHasAnswered) {
  EXPECT_TRUE(pulse_.Beat());
  RunToTheEnd(first_.get());
  RunToTheEnd(second_.get());
  EXPECT_TRUE(pulse_.Beat());
}

TEST_F(PulseTest, AWorkerThatIsStuckStopsIt) {
  EXPECT_TRUE(pulse_.Beat());
  RunToTheEnd(first_.get());
  EXPECT_FALSE(pulse_.Beat());
  EXPECT_FALSE(pulse_.Beat());
  RunToTheEnd(second_.get());
  EXPECT_TRUE(pulse_.Beat());
}

}  // namespace
}  // namespace postmirror
