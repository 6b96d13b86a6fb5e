#include "proxy/client_limit.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <memory>

#include "proxy/client_counts.h"
#include "proxy/worker.h"
#include "tests/proxy/recording_logger.h"

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

int OpenDescriptors() {
  DIR* const folder = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

TEST(ReservedDescriptorsTest, AWorkerHoldsWhatItSays) {
  ClientCounts counts{LocalUsers()};
  const int before = OpenDescriptors();
  const auto worker = Worker::Create({}, &counts);
  ASSERT_TRUE(worker.ok()) << worker.status();
  EXPECT_EQ(OpenDescriptors() - before, Worker::kDescriptors);
}

TEST(ReservedDescriptorsTest, GrowWithTheThreadsAndTheListeners) {
  Config config;
  const int one = ReservedDescriptors(config);
  EXPECT_GT(one, static_cast<int>(Worker::kMaxTurnedAway));
  config.proxy_threads = 64;
  const int many = ReservedDescriptors(config);
  EXPECT_EQ(many - one, 63 * Worker::kDescriptors);
  config.listen.resize(100);
  EXPECT_GE(ReservedDescriptors(config) - many, 100);
}

class AffordableClientsTest : public testing::Test {
 protected:
  AffordableClientsTest() { getrlimit(RLIMIT_NOFILE, &before_); }
  ~AffordableClientsTest() override { setrlimit(RLIMIT_NOFILE, &before_); }

  static rlim_t Limit() {
    rlimit limit = {};
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
  }

  rlimit before_ = {};
  RecordingLogger logger_;
  Config config_;
};

TEST_F(AffordableClientsTest, EachListenerHasDescriptorsForAllOfItsClients) {
  config_.client_limit = 100;
  const int reserved = ReservedDescriptors(config_);
  const rlimit low = {.rlim_cur = 128, .rlim_max = before_.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(AffordableClients(config_, 5, &logger_), 100);
  EXPECT_EQ(Limit(), static_cast<rlim_t>(500 + reserved));
  EXPECT_THAT(logger_.Take(), IsEmpty());
}

TEST_F(AffordableClientsTest, WhatThereIsIsDividedAmongTheListeners) {
  config_.client_limit = 1000000;
  const int affordable = AffordableClients(config_, 3000, &logger_);
  EXPECT_LT(affordable, 1000000);
  EXPECT_LE(static_cast<rlim_t>(affordable) * 3000, Limit());
  EXPECT_THAT(logger_.Take(),
              ElementsAre(HasSubstr("it holds for each of 3000 listeners")));
}

}  // namespace
}  // namespace postmirror
