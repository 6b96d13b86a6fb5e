#include "proxy/service.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <memory>
#include <string>

#include "proxy/worker.h"
#include "tests/proxy/recording_logger.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

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

TEST(ServiceTest, RaisesTheDescriptorLimitBeforeItNeedsDescriptors) {
  rlimit before = {};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low = {.rlim_cur = 64, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  Config config;
  config.proxy_threads = 64;
  config.store = testing::TempDir() + "/no-store";
  config.status_socket = "";
  // An address that cannot be bound ends it before it serves.
  config.listen.resize(1);
  config.listen.front().host = "192.0.2.1";
  RecordingLogger logger;
  Supervisor supervisor;
  const absl::Status status = Serve(config, &supervisor, &logger);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_THAT(std::string(status.message()), HasSubstr("192.0.2.1"));
}

}  // namespace
}  // namespace postmirror
