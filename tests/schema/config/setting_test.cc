#include "schema/config/setting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SettingTest : public ::testing::Test {
 protected:
  // What is wrong with `value`, empty if nothing is.
  std::string Why(absl::string_view name, absl::string_view value) {
    const Setting* setting = FindSetting(name);
    EXPECT_NE(setting, nullptr) << name;
    if (setting == nullptr) return "no such setting";
    return std::string(setting->apply(value, &config_).message());
  }
  void Apply(absl::string_view name, absl::string_view value) {
    EXPECT_EQ(Why(name, value), "") << name;
  }

  Config config_;
};

TEST_F(SettingTest, UnknownNamesAreNone) {
  EXPECT_EQ(FindSetting("virtual_alias_maps"), nullptr);
  EXPECT_EQ(FindSetting("Store"), nullptr);
  EXPECT_EQ(FindSetting(""), nullptr);
}

TEST_F(SettingTest, StoreIsAnAbsolutePathWithoutASlashAtItsEnd) {
  Apply("status_folder", "/srv/status/");
  EXPECT_EQ(config_.status_folder, "/srv/status");
  EXPECT_THAT(Why("status_folder", "srv"), HasSubstr("is a relative path"));
  EXPECT_EQ(config_.status_socket, "/run/postmirror/status");
  Apply("status_socket", "/run/s");
  EXPECT_EQ(config_.status_socket, "/run/s");
  Apply("status_socket", "");
  EXPECT_EQ(config_.status_socket, "");
  EXPECT_THAT(Why("status_socket", "s"), HasSubstr("is a relative path"));
  Apply("store", "/srv/store//");
  EXPECT_EQ(config_.store, "/srv/store");
  EXPECT_THAT(Why("store", "srv"), HasSubstr("is a relative path"));
  EXPECT_THAT(Why("store", ""), HasSubstr("is a relative path"));
  EXPECT_EQ(Why("store", "//"),
            "is the root of all files, write a folder of its own");
}

TEST_F(SettingTest, RecipientDelimiterIsAnySetOfCharacters) {
  Apply("recipient_delimiter", "+-");
  EXPECT_EQ(config_.search.recipient_delimiter, "+-");
  Apply("recipient_delimiter", "");
  EXPECT_EQ(config_.search.recipient_delimiter, "");
}

TEST_F(SettingTest, PropagationIsAListOfPostfixWords) {
  Apply("propagate_unmatched_extensions",
        "canonical, alias forward include generic");
  EXPECT_THAT(
      config_.search.propagate_unmatched_extensions,
      ElementsAre("canonical", "alias", "forward", "include", "generic"));
  Apply("propagate_unmatched_extensions", "");
  EXPECT_THAT(config_.search.propagate_unmatched_extensions, IsEmpty());
  EXPECT_EQ(Why("propagate_unmatched_extensions", "virtual Canonical"),
            "holds \"Canonical\", which Postfix does not know, write any of "
            "canonical, "
            "virtual, alias, forward, include, generic");
}

TEST_F(SettingTest, OwnerRequestSpecialIsYesOrNo) {
  Apply("owner_request_special", "no");
  EXPECT_FALSE(config_.search.owner_request_special);
  EXPECT_EQ(Why("owner_request_special", "off"),
            "is neither yes nor no, write one of them");
}

TEST_F(SettingTest, DoubleBounceSenderIsNotEmpty) {
  Apply("double_bounce_sender", "bounced");
  EXPECT_EQ(config_.search.double_bounce_sender, "bounced");
  EXPECT_EQ(Why("double_bounce_sender", ""),
            "is empty, and Postfix wants a name, write one or remove the line");
}

TEST_F(SettingTest, Smtputf8EnableIsYesOrNo) {
  Apply("smtputf8_enable", "no");
  EXPECT_FALSE(config_.search.smtputf8_enable);
  EXPECT_EQ(Why("smtputf8_enable", ""),
            "is neither yes nor no, write one of them");
}

TEST_F(SettingTest, HostAndDomainAreOneName) {
  for (const char* name : {"myhostname", "mydomain"}) {
    Apply(name, "example.org");
    Apply(name, "");
    EXPECT_EQ(Why(name, "a.org b.org"),
              "is not one name, write the one that Postfix has");
    EXPECT_EQ(Why(name, "/etc/mailname"),
              "is not one name, write the one that Postfix has");
  }
}

TEST_F(SettingTest, ChangeSourceIsAutoBinlogLsnOrInterval) {
  Apply("change_source", "binlog");
  EXPECT_EQ(config_.change_source, ChangeSource::kBinlog);
  Apply("change_source", "lsn");
  EXPECT_EQ(config_.change_source, ChangeSource::kLsn);
  Apply("change_source", "interval");
  EXPECT_EQ(config_.change_source, ChangeSource::kInterval);
  Apply("change_source", "auto");
  EXPECT_EQ(config_.change_source, ChangeSource::kAuto);
  EXPECT_EQ(Why("change_source", "trigger"),
            "is no source of changes, write auto, binlog, lsn or interval");
}

TEST_F(SettingTest, ServerIdIsAReplicasNumber) {
  Apply("server_id", "1");
  EXPECT_EQ(config_.server_id, 1U);
  Apply("server_id", "4294967295");
  EXPECT_EQ(config_.server_id, 4294967295U);
  EXPECT_EQ(Why("server_id", "4294967296"),
            "is not a whole number from 1 to 4294967295, write one");
}

TEST_F(SettingTest, LsnPollIntervalIsFromAMillisecondToAMinute) {
  Apply("lsn_poll_interval", "1ms");
  EXPECT_EQ(config_.lsn_poll_interval, absl::Milliseconds(1));
  Apply("lsn_poll_interval", "1m");
  EXPECT_EQ(config_.lsn_poll_interval, absl::Minutes(1));
  EXPECT_EQ(Why("lsn_poll_interval", "0ms"),
            "is out of range, write a time from 1ms to 1m");
  EXPECT_EQ(Why("lsn_poll_interval", "61s"),
            "is out of range, write a time from 1ms to 1m");
}

TEST_F(SettingTest, ReconcileIntervalIsFromATenthOfASecondToAWeek) {
  Apply("reconcile_interval", "100ms");
  EXPECT_EQ(config_.reconcile_interval, absl::Milliseconds(100));
  Apply("reconcile_interval", "1w");
  EXPECT_EQ(config_.reconcile_interval, absl::Hours(168));
  EXPECT_EQ(Why("reconcile_interval", "99ms"),
            "is out of range, write a time from 100ms to 168h");
  EXPECT_EQ(Why("reconcile_interval", "8d"),
            "is out of range, write a time from 100ms to 168h");
}

TEST_F(SettingTest, HostWaitIsFromASecondToAnHour) {
  Apply("host_wait", "1s");
  EXPECT_EQ(config_.host_wait, absl::Seconds(1));
  Apply("host_wait", "1h");
  EXPECT_EQ(config_.host_wait, absl::Hours(1));
  EXPECT_EQ(Why("host_wait", "0s"),
            "is out of range, write a time from 1s to 1h");
  EXPECT_EQ(Why("host_wait", "61m"),
            "is out of range, write a time from 1s to 1h");
}

TEST_F(SettingTest, TimeoutsAreFromASecondToAnHour) {
  Apply("connect_timeout", "1");
  EXPECT_EQ(config_.connect_timeout, absl::Seconds(1));
  Apply("read_timeout", "1h");
  EXPECT_EQ(config_.read_timeout, absl::Hours(1));
  for (const char* name : {"connect_timeout", "read_timeout"}) {
    EXPECT_EQ(Why(name, "0"), "is out of range, write a time from 1s to 1h");
    EXPECT_EQ(Why(name, "61m"), "is out of range, write a time from 1s to 1h");
  }
}

TEST_F(SettingTest, ABrokenMapIsCriticalAtOnceOrAfterAWeekAtMost) {
  Apply("broken_map_critical", "0");
  EXPECT_EQ(config_.broken_map_critical, absl::ZeroDuration());
  Apply("broken_map_critical", "1w");
  EXPECT_EQ(config_.broken_map_critical, absl::Hours(168));
  EXPECT_EQ(Why("broken_map_critical", "8d"),
            "is out of range, write a time from 0 to 168h");
}

TEST_F(SettingTest, MaxShrinkIsAPercentage) {
  Apply("max_shrink", "25%");
  EXPECT_EQ(config_.max_shrink, 0.25);
  EXPECT_EQ(Why("max_shrink", "0.25"),
            "is not a percentage, write one from 0% to 100%");
}

TEST_F(SettingTest, MapMemoryLimitIsASizeFrom1MTo1024G) {
  Apply("map_memory_limit", "512M");
  EXPECT_EQ(config_.map_memory_limit, uint64_t{512} << 20);
  Apply("map_memory_limit", "1024G");
  EXPECT_EQ(Why("map_memory_limit", "1023K"),
            "is out of range, write a size from 1M to 1024G");
  EXPECT_EQ(Why("map_memory_limit", "1025G"),
            "is out of range, write a size from 1M to 1024G");
}

TEST_F(SettingTest, ProxyThreadsAreFrom1To64) {
  Apply("proxy_threads", "64");
  EXPECT_EQ(config_.proxy_threads, 64);
  EXPECT_EQ(Why("proxy_threads", "0"),
            "is not a whole number from 1 to 64, write one");
  EXPECT_EQ(Why("proxy_threads", "65"),
            "is not a whole number from 1 to 64, write one");
}

TEST_F(SettingTest, ClientLimitIsFrom1ToAMillion) {
  Apply("client_limit", "1000000");
  EXPECT_EQ(config_.client_limit, 1000000);
  EXPECT_EQ(Why("client_limit", "0"),
            "is not a whole number from 1 to 1000000, write one");
  EXPECT_EQ(Why("client_limit", "1000001"),
            "is not a whole number from 1 to 1000000, write one");
}

TEST_F(SettingTest, MetricsAreServedNowhereOrAtAnAddress) {
  EXPECT_EQ(config_.sync_metrics_listen, std::nullopt);
  EXPECT_EQ(config_.proxy_metrics_listen, std::nullopt);
  Apply("sync_metrics_listen", "127.0.0.1:9940");
  Apply("proxy_metrics_listen", "[::1]:9941");
  EXPECT_EQ(config_.sync_metrics_listen, (HostPort{"127.0.0.1", 9940}));
  EXPECT_EQ(config_.proxy_metrics_listen, (HostPort{"::1", 9941}));
  Apply("sync_metrics_listen", "");
  EXPECT_EQ(config_.sync_metrics_listen, std::nullopt);
  EXPECT_THAT(Why("proxy_metrics_listen", "9941"),
              HasSubstr("is not HOST:PORT"));
}

}  // namespace
}  // namespace postmirror
