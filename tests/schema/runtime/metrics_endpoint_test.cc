#include "schema/runtime/metrics_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/schema/runtime/scrape.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class MetricsEndpointTest : public ::testing::Test {
 protected:
  // Nobody listens there.
  static std::string FreeAddress(absl::string_view host = "127.0.0.1") {
    return BoundSocket(host).address();
  }

  std::vector<MetricFamily> Collect() {
    MetricFamily scrapes = {.type = MetricFamily::Type::kCounter,
                            .name = "scrapes_total",
                            .help = "Scrapes so far.",
                            .samples = {}};
    scrapes.Add({}, ++scrapes_);
    return {scrapes, further_};
  }

  std::atomic<int> scrapes_ = 0;
  MetricFamily further_;
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

TEST_F(MetricsEndpointTest, WritesLabelsAsTheyAre) {
  further_ = {.name = "map_entries", .help = "Entries.", .samples = {}};
  further_.Add({{"map", "/etc/a \"b\"\\c.cf"}, {"kind", "x"}}, 10'000'001);
  const std::string address = FreeAddress();
  ASSERT_EQ(endpoint_.Listen(address), absl::OkStatus());
  EXPECT_THAT(Scrape(address),
              HasSubstr("# TYPE map_entries gauge\nmap_entries{map=\"/etc/a "
                        "\\\"b\\\"\\\\c.cf\",kind=\"x\"} 10000001\n"));
}

TEST_F(MetricsEndpointTest, WritesTheSmallestBoundsOfAHistogram) {
  further_ = {.type = MetricFamily::Type::kHistogram,
              .name = "duration_seconds",
              .help = "Durations.",
              .samples = {}};
  const double bounds[] = {2.5e-7, 0.5};
  const uint64_t counts[] = {4, 1, 2};
  further_.AddHistogram({}, bounds, counts, 3.25);
  const std::string address = FreeAddress();
  ASSERT_EQ(endpoint_.Listen(address), absl::OkStatus());
  EXPECT_THAT(
      Scrape(address),
      AllOf(HasSubstr("\nduration_seconds_count 7\n"),
            HasSubstr("\nduration_seconds_sum 3.25\n"),
            HasSubstr("\nduration_seconds_bucket{le=\"2.5e-07\"} 4\n"),
            HasSubstr("\nduration_seconds_bucket{le=\"0.5\"} 5\n"),
            HasSubstr("\nduration_seconds_bucket{le=\"+Inf\"} 7\n")));
}

TEST_F(MetricsEndpointTest, LeavesOutWhatHasNoSample) {
  further_ = {.name = "freshness_seconds", .help = "Age.", .samples = {}};
  const std::string address = FreeAddress();
  ASSERT_EQ(endpoint_.Listen(address), absl::OkStatus());
  EXPECT_THAT(Scrape(address), Not(HasSubstr("freshness_seconds")));
}

TEST_F(MetricsEndpointTest, HasNothingElse) {
  const std::string address = FreeAddress();
  ASSERT_EQ(endpoint_.Listen(address), absl::OkStatus());
  EXPECT_THAT(Get(address, "/"), HasSubstr(" 404 "));
  EXPECT_THAT(Get(address, "/etc/passwd"), HasSubstr(" 404 "));
  EXPECT_THAT(Get(address, "/../../../../etc/passwd"),
              Not(HasSubstr(" 200 ")));
}

TEST_F(MetricsEndpointTest, ListensOnIpv6) {
  const std::string address = FreeAddress("::1");
  ASSERT_EQ(endpoint_.Listen(address), absl::OkStatus());
  EXPECT_THAT(Scrape(address), HasSubstr("scrapes_total 1\n"));
}

TEST_F(MetricsEndpointTest, SaysWhyItCannotListen) {
  BoundSocket other;
  other.Listen();
  EXPECT_EQ(endpoint_.Listen(other.address()),
            absl::UnavailableError(absl::StrCat(
                other.address(), ": bind: Address already in use")));
  EXPECT_EQ(endpoint_.Listen("192.0.2.1:9940"),
            absl::UnavailableError(
                "192.0.2.1:9940: bind: Cannot assign requested address"));
  EXPECT_THAT(
      std::string(endpoint_.Listen("nowhere.invalid:9940").message()),
      testing::StartsWith("nowhere.invalid:9940: resolve: "));
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

TEST_F(MetricsEndpointTest, WhoSaysNothingKeepsNobodyWaiting) {
  const std::string address = FreeAddress();
  ASSERT_EQ(endpoint_.Listen(address), absl::OkStatus());
  const int silent = ConnectTo(address);
  ASSERT_GE(silent, 0);
  const absl::Time asked = absl::Now();
  EXPECT_THAT(Scrape(address), HasSubstr("scrapes_total 1\n"));
  EXPECT_LT(absl::Now() - asked, absl::Seconds(3));
  close(silent);
}

// A proxy that ends keeps its clients waiting meanwhile.
TEST_F(MetricsEndpointTest, EndsAtOnce) {
  const std::string address = FreeAddress();
  ASSERT_EQ(endpoint_.Listen(address), absl::OkStatus());
  const int silent = ConnectTo(address);
  ASSERT_GE(silent, 0);
  EXPECT_THAT(Scrape(address), HasSubstr("scrapes_total 1\n"));
  const absl::Time began = absl::Now();
  ASSERT_EQ(endpoint_.Listen(""), absl::OkStatus());
  EXPECT_LT(absl::Now() - began, absl::Milliseconds(500));
  close(silent);
}

}  // namespace
}  // namespace postmirror
