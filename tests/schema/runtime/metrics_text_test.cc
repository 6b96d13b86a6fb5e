#include "schema/runtime/metrics_text.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

MetricFamily Family(MetricFamily::Type type) {
  return {.type = type, .name = "some", .help = "What it is."};
}

TEST(MetricsTextTest, ACounterHasItsHelpAndItsType) {
  MetricFamily family = Family(MetricFamily::Type::kCounter);
  family.Add({}, 10'000'001);
  EXPECT_EQ(MetricsText({family}),
            "# HELP some What it is.\n# TYPE some counter\nsome 10000001\n");
}

TEST(MetricsTextTest, ALabelIsQuoted) {
  MetricFamily family = Family(MetricFamily::Type::kGauge);
  family.Add({{"map", "/etc/a \"b\"\\c.cf"}, {"kind", "x"}}, 0.5);
  EXPECT_EQ(MetricsText({family}),
            "# HELP some What it is.\n# TYPE some gauge\n"
            "some{map=\"/etc/a \\\"b\\\"\\\\c.cf\",kind=\"x\"} 0.5\n");
}

TEST(MetricsTextTest, AHistogramHasItsSmallestBounds) {
  MetricFamily family = Family(MetricFamily::Type::kHistogram);
  const double bounds[] = {2.5e-7, 0.5};
  const uint64_t counts[] = {4, 1, 2};
  family.AddHistogram({}, bounds, counts, 3.25);
  EXPECT_EQ(MetricsText({family}),
            "# HELP some What it is.\n# TYPE some histogram\n"
            "some_count 7\nsome_sum 3.25\n"
            "some_bucket{le=\"2.5e-07\"} 4\nsome_bucket{le=\"0.5\"} 5\n"
            "some_bucket{le=\"+Inf\"} 7\n");
}

TEST(MetricsTextTest, WhatHasNoSampleIsLeftOut) {
  EXPECT_EQ(MetricsText({Family(MetricFamily::Type::kGauge)}), "");
}

}  // namespace
}  // namespace postmirror
