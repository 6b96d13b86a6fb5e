#include "schema/runtime/metrics_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/schema/runtime/scrape.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

class MetricsEndpointTest : public ::testing::Test {
 protected:
  // Nobody listens there.
  static std::string FreeAddress() { return BoundSocket().address(); }

  std::vector<MetricFamily> Collect() {
    MetricFamily scrapes = {.type = MetricFamily::Type::kCounter,
                            .name = "scrapes_total",
                            .help = "Scrapes so far.",
                            .samples = {}};
    scrapes.Add({}, ++scrapes_);
    return {scrapes};
  }

  std::atomic<int> scrapes_ = 0;
  MetricsEndpoint endpoint_{[this] { return Collect(); }};
};

TEST_F(MetricsEndpointTest, AsksAtEachScrape) {
  const std::string address = FreeAddress();
  ASSERT_EQ(endpoint_.Listen(address), absl::OkStatus());
  EXPECT_EQ(scrapes_, 0);
  EXPECT_THAT(Scrape(address), HasSubstr("# HELP scrapes_total Scrapes so far."
                                         "\n# TYPE scrapes_total counter\n"
                                         "scrapes_total 1\n"));
  EXPECT_THAT(Scrape(address), HasSubstr("\nscrapes_total 2\n"));
  EXPECT_EQ(scrapes_, 2);
}

TEST_F(MetricsEndpointTest, MovesToAnotherAddress) {
  const std::string first = FreeAddress();
  const std::string second = FreeAddress();
  ASSERT_EQ(endpoint_.Listen(first), absl::OkStatus());
  ASSERT_EQ(endpoint_.Listen(second), absl::OkStatus());
  EXPECT_EQ(Scrape(first), "");
  EXPECT_THAT(Scrape(second), HasSubstr("scrapes_total 1\n"));
  ASSERT_EQ(endpoint_.Listen(second), absl::OkStatus());
  EXPECT_THAT(Scrape(second), HasSubstr("scrapes_total 2\n"));
  ASSERT_EQ(endpoint_.Listen(""), absl::OkStatus());
  EXPECT_EQ(Scrape(second), "");
}

TEST_F(MetricsEndpointTest, StaysWhereItIsIfItCannotMove) {
  const std::string address = FreeAddress();
  ASSERT_EQ(endpoint_.Listen(address), absl::OkStatus());
  BoundSocket other;
  other.Listen();
  EXPECT_FALSE(endpoint_.Listen(other.address()).ok());
  EXPECT_THAT(Scrape(address), HasSubstr("scrapes_total 1\n"));
}

}  // namespace
}  // namespace postmirror
