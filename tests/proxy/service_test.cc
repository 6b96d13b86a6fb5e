#include "proxy/service.h"

#include <dirent.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "proxy/worker.h"

namespace postmirror {
namespace {

int OpenDescriptors() {
  DIR* const folder = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

TEST(ReservedDescriptorsTest, AWorkerHoldsWhatItSays) {
  std::atomic<int> clients = 0;
  const int before = OpenDescriptors();
  const auto worker = Worker::Create({}, &clients);
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

}  // namespace
}  // namespace postmirror
