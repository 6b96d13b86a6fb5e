#include "proxy/metrics/proxy_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "schema/config/parameter.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;

class ProxyMetricsTest : public testing::Test {
 protected:
  ProxyMetricsTest() { metrics_.Enable(true); }

  MetricFamily Family(const std::string& name) const {
    for (const MetricFamily& family : metrics_.Collect(standing_)) {
      if (family.name == name) return family;
    }
    ADD_FAILURE() << "no " << name;
    return {};
  }

  // "LABEL=VALUE,... NUMBER" of each sample that is not 0.
  std::vector<std::string> NonZero(const std::string& name) const {
    std::vector<std::string> texts;
    for (const MetricSample& sample : Family(name).samples) {
      if (sample.value == 0) continue;
      std::string text;
      for (const MetricLabel& label : sample.labels) {
        absl::StrAppend(&text, text.empty() ? "" : ",", label.name, "=",
                        label.value);
      }
      texts.push_back(absl::StrCat(text, " ", sample.value));
    }
    return texts;
  }

  void Ask(size_t worker, absl::string_view parameter, Outcome outcome) {
    metrics_.counts(worker)->BeginRead();
    metrics_.counts(worker)->CountLookup(
        Protocol::kSocketmap, IndexOf(*FindParameter(parameter)), outcome);
  }

  ProxyMetrics metrics_{2};
  ProxyMetrics::Standing standing_;
};

TEST_F(ProxyMetricsTest, SumsUpTheWorkers) {
  Ask(0, "virtual_alias_maps", Outcome::kFound);
  Ask(1, "virtual_alias_maps", Outcome::kFound);
  Ask(1, "virtual_mailbox_domains", Outcome::kNotFound);
  metrics_.counts(1)->CountRefused(Protocol::kTcpTable);
  EXPECT_THAT(NonZero("postmirror_proxy_lookups_total"),
              ElementsAre("protocol=socketmap,parameter=virtual_mailbox_"
                          "domains,outcome=not_found 1",
                          "protocol=socketmap,parameter=virtual_alias_maps,"
                          "outcome=found 2"));
  EXPECT_THAT(NonZero("postmirror_proxy_refused_requests_total"),
              ElementsAre("protocol=tcp_table 1"));
  const MetricFamily durations =
      Family("postmirror_proxy_lookup_duration_seconds");
  EXPECT_EQ(durations.type, MetricFamily::Type::kHistogram);
  ASSERT_EQ(durations.samples.size(), 1U);
  EXPECT_EQ(durations.samples[0].count, 3U);
  EXPECT_DOUBLE_EQ(durations.samples[0].buckets.front().upper_bound, 2.5e-7);
  EXPECT_DOUBLE_EQ(durations.samples[0].buckets.back().upper_bound, 1);
}

TEST_F(ProxyMetricsTest, EverySeriesIsThereFromTheStart) {
  EXPECT_EQ(Family("postmirror_proxy_lookups_total").samples.size(),
            Parameters().size() * 2U * 3U);
  EXPECT_EQ(Family("postmirror_proxy_refused_requests_total").samples.size(),
            2U);
  EXPECT_EQ(Family("postmirror_proxy_reloads_total").samples.size(), 2U);
}

TEST_F(ProxyMetricsTest, TellsHowTheServiceStands) {
  standing_ = {.connections = {{"/run/maps", 3}, {"10040", 4}},
               .accepted = 7,
               .turned_away = 2,
               .client_limit = 100,
               .store_open = true};
  EXPECT_THAT(NonZero("postmirror_proxy_connections"),
              ElementsAre("listener=/run/maps 3", "listener=10040 4"));
  EXPECT_THAT(NonZero("postmirror_proxy_connections_accepted_total"),
              ElementsAre(" 7"));
  EXPECT_THAT(NonZero("postmirror_proxy_connections_turned_away_total"),
              ElementsAre(" 2"));
  EXPECT_THAT(NonZero("postmirror_proxy_client_limit"), ElementsAre(" 100"));
  EXPECT_THAT(NonZero("postmirror_proxy_store_open"), ElementsAre(" 1"));
  EXPECT_THAT(NonZero("postmirror_proxy_build_info"),
              ElementsAre("version=" POSTMIRROR_VERSION " 1"));
}

TEST_F(ProxyMetricsTest, ReloadsAreCountedByTheirResult) {
  metrics_.CountReload(true);
  metrics_.CountReload(true);
  metrics_.CountReload(false);
  EXPECT_THAT(NonZero("postmirror_proxy_reloads_total"),
              ElementsAre("result=ok 2", "result=failed 1"));
}

TEST_F(ProxyMetricsTest, CountsNothingOnceItIsDisabled) {
  metrics_.Enable(false);
  Ask(1, "virtual_mailbox_domains", Outcome::kFound);
  EXPECT_THAT(NonZero("postmirror_proxy_lookups_total"), ElementsAre());
}

}  // namespace
}  // namespace postmirror
