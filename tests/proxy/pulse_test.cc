#include "proxy/pulse.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <thread>

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

TEST_F(PulseTest, ActsInTheFirstWorkerOnceEveryWorkerHasAnswered) {
  std::thread thread([this] { first_->Run(); });
  std::promise<std::thread::id> acted;
  pulse_.OnceAllAnswer([&] { acted.set_value(std::this_thread::get_id()); });
  std::future<std::thread::id> where = acted.get_future();
  // The first has answered, and what that led to is done.
  for (int i = 0; i < 2; ++i) {
    std::promise<void> done;
    first_->Post([&] { done.set_value(); });
    done.get_future().wait();
  }
  EXPECT_EQ(where.wait_for(std::chrono::seconds(0)),
            std::future_status::timeout);  // the other one is stuck
  const std::thread::id first = thread.get_id();
  RunToTheEnd(second_.get());
  EXPECT_EQ(where.get(), first);
  first_->Stop();
  thread.join();
}

}  // namespace
}  // namespace postmirror
