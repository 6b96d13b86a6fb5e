#include "proxy/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>

#include "tests/proxy/recording_logger.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

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
