#include "schema/runtime/metrics_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/schema/runtime/scrape.h"

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SetClock final : public Clock {
 public:
  Moment Now() const override { return now_; }
  void Advance(absl::Duration duration) { now_.since_boot += duration; }

 private:
  Moment now_ = {.boot_id = "boot", .since_boot = {}, .wall = {}};
};

class KeptLog final : public Logger {
 public:
  void Log(Severity, absl::string_view message) override {
    lines_.emplace_back(message);
  }
  std::vector<std::string> Take() { return std::exchange(lines_, {}); }

 private:
  std::vector<std::string> lines_;
};

bool Connects(const std::string& address) {
  const int fd = ConnectTo(address);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

class MetricsWatchTest : public testing::Test {
 protected:
  SetClock clock_;
  KeptLog log_;
  MetricsWatch watch_{"proxy_metrics_listen",
                      [] { return std::vector<MetricFamily>(); }, &clock_,
                      &log_};
};

TEST_F(MetricsWatchTest, IsOffWithoutAnAddress) {
  watch_.Serve("");
  EXPECT_FALSE(watch_.serves());
  EXPECT_THAT(log_.Take(), IsEmpty());
}

TEST_F(MetricsWatchTest, ServesAndStops) {
  const std::string address = BoundSocket("127.0.0.1").address();
  watch_.Serve(address);
  EXPECT_TRUE(watch_.serves());
  EXPECT_TRUE(Connects(address));
  watch_.Serve("");
  EXPECT_FALSE(watch_.serves());
  EXPECT_FALSE(Connects(address));
  EXPECT_THAT(log_.Take(), IsEmpty());
}

TEST_F(MetricsWatchTest, TriesAgainAfterAMinuteAndSaysBothOnce) {
  std::string address;
  {
    BoundSocket other;
    other.Listen();
    address = other.address();
    watch_.Serve(address);
    EXPECT_THAT(log_.Take(),
                ElementsAre(HasSubstr(absl::StrCat(
                    "proxy_metrics_listen: ", address,
                    ": bind: Address already in use; metrics are not"))));
    clock_.Advance(absl::Minutes(1));
    watch_.Tick();
    EXPECT_FALSE(watch_.serves());
    EXPECT_THAT(log_.Take(), IsEmpty());
  }
  clock_.Advance(absl::Seconds(59));
  watch_.Tick();
  EXPECT_FALSE(watch_.serves()) << "the minute is not over";
  clock_.Advance(absl::Seconds(1));
  watch_.Tick();
  EXPECT_TRUE(watch_.serves());
  EXPECT_THAT(log_.Take(),
              ElementsAre(absl::StrCat("metrics are served at ", address)));
}

TEST_F(MetricsWatchTest, AReloadTriesAtOnce) {
  std::string address;
  {
    BoundSocket other;
    other.Listen();
    address = other.address();
    watch_.Serve(address);
  }
  watch_.Serve(address);
  EXPECT_TRUE(watch_.serves());
}

}  // namespace
}  // namespace postmirror
