#include "sync/ctl/status_report.h"

#include <gmock/gmock.h>
#include <jansson.h>

#include <memory>
#include <string>

#include "tests/sync/fake_clock.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kAliases[] = "/etc/aliases.cf";
constexpr char kDomains[] = "/etc/domains.cf";

class StatusReportTest : public ::testing::Test {
 protected:
  // All is well: two maps, both confirmed a second ago.
  StatusReportTest() {
    const Moment confirmed = clock_.Now();
    clock_.Advance(absl::Seconds(1));
    findings_.sync_runs = true;
    findings_.maps = {kAliases, kDomains};
    for (const uint64_t entries : {9U, 2U}) {
      findings_.stored.emplace_back(StoredMap()).value().entries = entries;
    }
    findings_.stored[0]->key_collation = "utf8mb4_general_ci";
    findings_.reconcile_interval = absl::Seconds(300);
    findings_.broken_map_critical = absl::Minutes(5);
    findings_.now = clock_.Now();
    ServerStatus server;
    server.hosts = "127.0.0.1";
    server.server = "10.11.19-MariaDB at 127.0.0.1";
    server.change_source = "lsn";
    server.reason = "every table is InnoDB";
    for (const char* map : {kAliases, kDomains}) {
      server.maps.emplace_back().name = map;
      server.maps.back().confirmed = confirmed;
    }
    findings_.sync = SyncStatus{.servers = {server}};
  }

  ServerStatus& server() { return findings_.sync->servers[0]; }

  void Hold() {
    server().maps[0].held_removals = 8;
    server().maps[0].held_digest = "0123456789abcdef";
    server().maps[0].held_reason = "the database lacks much of it";
  }

  // For so long.
  void Break(absl::Duration lasted) {
    server().maps[0].broken = "no such table (1146); restore it";
    server().maps[0].broken_since = findings_.now;
    server().maps[0].broken_since->since_boot -= lasted;
  }

  FakeClock clock_;
  Findings findings_;
};

TEST_F(StatusReportTest, IsOkWhereEverythingIs) {
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kOk);
  EXPECT_EQ(report.summary, "2 maps are filled and follow the database");
  EXPECT_EQ(report.maps[0].state, "filled");
  EXPECT_EQ(report.maps[0].entries, 9U);
  EXPECT_EQ(report.maps[0].key_collation, "utf8mb4_general_ci");
  EXPECT_EQ(report.maps[0].freshness, absl::Seconds(1));
}

TEST_F(StatusReportTest, AStoreThatCannotBeReadIsCritical) {
  findings_.store = absl::UnavailableError("store /x: gone");
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_THAT(report.summary, HasSubstr("store /x: gone"));
}

TEST_F(StatusReportTest, AProxyThatDoesNotAnswerIsCritical) {
  findings_.proxy_answers = absl::UnavailableError("/run/s: refused");
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_EQ(report.summary,
            "postmirror-proxy does not answer: /run/s: refused");
}

TEST_F(StatusReportTest, AProxyThatIsStuckIsCritical) {
  findings_.proxy.emplace().silent = absl::Seconds(10);
  EXPECT_EQ(Judge(findings_).health, Health::kOk);
  findings_.proxy->silent = absl::Milliseconds(12500);
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_EQ(report.summary, "postmirror-proxy is stuck for 12s");
}

TEST_F(StatusReportTest, AStoreThatCannotBeWrittenIsCritical) {
  findings_.sync->store_fault = "another process holds the lock";
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_EQ(report.summary, "another process holds the lock");
  // Of a sync that has ended it is no news.
  findings_.sync_runs = false;
  EXPECT_THAT(Judge(findings_).summary, Not(HasSubstr("holds the lock")));
}

TEST_F(StatusReportTest, TheTextNamesTheProxy) {
  ProxyStatus& proxy = findings_.proxy.emplace();
  proxy.version = "1.2.3";
  proxy.clients = 7;
  proxy.client_limit = 100;
  proxy.listeners = {"127.0.0.1:1", "/maps"};
  EXPECT_THAT(FormatText(Judge(findings_)),
              HasSubstr("proxy 1.2.3\n  clients 7, client_limit 100, "
                        "listening on 127.0.0.1:1, /maps\n"));
}

TEST_F(StatusReportTest, ASyncThatDoesNotRunIsCritical) {
  findings_.sync_runs = false;
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_THAT(report.summary, HasSubstr("postmirror-sync is not running"));
  EXPECT_EQ(report.servers[0].server, "") << "it is not connected any more";
}

TEST_F(StatusReportTest, AMapThatIsNotFilledIsCritical) {
  findings_.stored[1].reset();
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_EQ(report.maps[1].state, "not filled");
  EXPECT_EQ(report.maps[1].freshness, std::nullopt);
  EXPECT_EQ(report.summary, "map /etc/domains.cf is not filled");
}

TEST_F(StatusReportTest, AHeldMapIsCritical) {
  Hold();
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_EQ(report.maps[0].state, "held");
  EXPECT_EQ(report.maps[0].held_removals, 8U);
  EXPECT_EQ(report.summary, "map /etc/aliases.cf is held: 8 removals wait");
  server().maps[0].held_additions = 4;
  EXPECT_EQ(Judge(findings_).summary,
            "map /etc/aliases.cf is held: 4 new keys and 8 removals wait");
  server().maps[0].held_values = 3;
  EXPECT_EQ(Judge(findings_).summary,
            "map /etc/aliases.cf is held: 4 new keys, 8 removals and 3 changed "
            "values wait");
  server().maps[0].held_additions.reset();
  EXPECT_EQ(
      Judge(findings_).summary,
      "map /etc/aliases.cf is held: 8 removals and 3 changed values wait");
}

TEST_F(StatusReportTest, AnotherSourceThanTheConfiguredOneIsAWarning) {
  server().change_source = "interval";
  server().reason = "view a.b cannot be resolved";
  server().as_configured = false;
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kWarning);
  EXPECT_EQ(report.summary,
            "changes are found by interval, which is not the configured change "
            "source: view a.b cannot be resolved; mend that, or set "
            "change_source = interval");
  server().server.clear();
  EXPECT_EQ(Judge(findings_).health, Health::kOk) << "none is in use";
}

TEST_F(StatusReportTest, ABrokenMapIsAWarningAndCriticalOnceItLasts) {
  Break(absl::Minutes(5));
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kWarning);
  EXPECT_EQ(report.maps[0].state, "broken");
  EXPECT_EQ(report.summary,
            "map /etc/aliases.cf is broken for 5m: no such table (1146); "
            "restore it");
  Break(absl::Seconds(301));
  EXPECT_EQ(Judge(findings_).health, Health::kCritical);
}

TEST_F(StatusReportTest, ABrokenMapThatWasNeverFilledSaysWhy) {
  Break(absl::Seconds(1));
  findings_.stored[0].reset();
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_EQ(report.maps[0].state, "not filled");
  EXPECT_THAT(report.summary, AllOf(HasSubstr("is not filled"),
                                    HasSubstr("no such table (1146)")));
}

TEST_F(StatusReportTest, ABrokenMapOfWhichItIsNotKnownSinceWhenIsCritical) {
  Break(absl::Seconds(1));
  server().maps[0].broken_since.reset();
  EXPECT_EQ(Judge(findings_).health, Health::kCritical);
}

TEST_F(StatusReportTest, TheTextShowsWhatWaitsForABrokenMap) {
  Break(absl::Seconds(7));
  server().maps[1].waiting_removals = 3;
  server().maps[1].waiting_additions = 1;
  EXPECT_THAT(FormatText(Judge(findings_)),
              AllOf(HasSubstr("broken, 9 entries"),
                    HasSubstr("\n  broken for 7s: no such table (1146)"),
                    HasSubstr("\n  until every map can be read wait: "
                              "3 removals, 1 new keys\n")));
}

TEST_F(StatusReportTest, ADatabaseThatCannotBeReadIsAWarning) {
  server().error = "server 127.0.0.1: connect: refused";
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kWarning);
  EXPECT_EQ(report.summary, "server 127.0.0.1: connect: refused");
}

TEST_F(StatusReportTest, AHostThatWouldNotDoIsAWarning) {
  server().unfit = "host b would not do in place of a: it lags";
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kWarning);
  EXPECT_EQ(report.summary, server().unfit);
  EXPECT_THAT(FormatText(report), HasSubstr("  hosts: host b would not do"));
  // Of a sync that has ended it is no news.
  findings_.sync_runs = false;
  EXPECT_THAT(FormatText(Judge(findings_)), Not(HasSubstr("would not do")));
}

TEST_F(StatusReportTest, FreshnessOverThreeReconcileIntervalsIsAWarning) {
  findings_.now.since_boot += absl::Seconds(899);
  EXPECT_EQ(Judge(findings_).health, Health::kOk);
  findings_.now.since_boot += absl::Milliseconds(1);
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kWarning);
  EXPECT_THAT(report.summary, HasSubstr("was last confirmed 15m0.001s ago"));
}

TEST_F(StatusReportTest, FreshnessThatIsNotKnownIsAWarning) {
  server().maps[0].confirmed.reset();
  EXPECT_EQ(Judge(findings_).health, Health::kWarning);
  findings_.sync.reset();
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kWarning);
  EXPECT_THAT(report.summary, HasSubstr("freshness is not known"));
}

TEST_F(StatusReportTest, AWallClockThatWasSetBackMakesFreshnessUnknown) {
  findings_.now.boot_id = "another";
  findings_.now.wall -= absl::Hours(1);
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.maps[0].freshness, std::nullopt);
  EXPECT_EQ(report.health, Health::kWarning);
}

TEST_F(StatusReportTest, AnErrorThatIsOverIsNoWarning) {
  server().last_error = "server 127.0.0.1: connect: refused";
  EXPECT_EQ(Judge(findings_).health, Health::kOk);
}

TEST_F(StatusReportTest, TheWorstComesFirst) {
  server().error = "server down";
  Hold();
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_EQ(report.summary,
            "map /etc/aliases.cf is held: 8 removals wait; server down");
}

TEST_F(StatusReportTest, TheTextBeginsWithHealthAndSummary) {
  Hold();
  EXPECT_THAT(
      FormatText(Judge(findings_)),
      AllOf(StartsWith("postmirror CRITICAL: map /etc/aliases.cf is held"),
            HasSubstr("server 10.11.19-MariaDB at 127.0.0.1\n"),
            HasSubstr("change source lsn: every table is InnoDB\n"),
            HasSubstr("held, 9 entries, freshness 1.0s, key collation "
                      "utf8mb4_general_ci\n"),
            HasSubstr("held: 8 removals, digest 0123456789abcdef\n"
                      "  since the database lacks much of it\n"),
            HasSubstr("filled, 2 entries, freshness 1.0s\n"),
            Not(HasSubstr("last error"))));
}

TEST_F(StatusReportTest, TheTextSaysThatAServerIsNotConnected) {
  server().server.clear();
  server().error = "server 127.0.0.1: connect: refused";
  server().last_error = "2026-01-01T00:00:00Z " + server().error;
  EXPECT_THAT(FormatText(Judge(findings_)),
              AllOf(StartsWith("postmirror WARNING: "),
                    HasSubstr("server 127.0.0.1: not connected\n"),
                    HasSubstr("last error 2026-01-01T00:00:00Z server "
                              "127.0.0.1: connect: refused\n")));
}

struct ReleaseJson {
  void operator()(json_t* json) const { json_decref(json); }
};

class StatusJsonTest : public StatusReportTest {
 protected:
  json_t* Json() {
    const std::string text = FormatJson(Judge(findings_));
    root_.reset(json_loads(text.c_str(), 0, nullptr));
    EXPECT_NE(root_, nullptr) << text;
    return root_.get();
  }

  static std::string Text(json_t* object, const char* name) {
    const char* text = json_string_value(json_object_get(object, name));
    return text == nullptr ? "(no string)" : text;
  }

  json_t* Map(size_t index) {
    return json_array_get(json_object_get(Json(), "maps"), index);
  }

 private:
  std::unique_ptr<json_t, ReleaseJson> root_;
};

TEST_F(StatusJsonTest, SaysWhatTheReportSays) {
  Hold();
  EXPECT_EQ(Text(Json(), "health"), "critical");
  EXPECT_EQ(Text(Json(), "summary"),
            "map /etc/aliases.cf is held: 8 removals wait");
  json_t* const map = Map(0);
  EXPECT_EQ(Text(map, "name"), kAliases);
  EXPECT_EQ(Text(map, "state"), "held");
  EXPECT_EQ(Text(map, "key_collation"), "utf8mb4_general_ci");
  EXPECT_EQ(Text(map, "held_digest"), "0123456789abcdef");
  EXPECT_EQ(Text(map, "held_reason"), "the database lacks much of it");
  EXPECT_EQ(json_integer_value(json_object_get(map, "held_values")), 0);
  EXPECT_EQ(json_integer_value(json_object_get(map, "entries")), 9);
  EXPECT_EQ(json_integer_value(json_object_get(map, "held_removals")), 8);
  EXPECT_EQ(json_real_value(json_object_get(map, "freshness_seconds")), 1.0);
}

TEST_F(StatusJsonTest, NamesWhatIsBrokenAndWhatWaits) {
  Break(absl::Seconds(7));
  server().maps[1].waiting_removals = 3;
  server().maps[1].waiting_additions = 1;
  EXPECT_EQ(Text(Map(0), "state"), "broken");
  EXPECT_EQ(Text(Map(0), "broken"), "no such table (1146); restore it");
  EXPECT_EQ(json_real_value(json_object_get(Map(0), "broken_seconds")), 7.0);
  EXPECT_TRUE(json_is_null(json_object_get(Map(1), "broken_seconds")));
  EXPECT_EQ(json_integer_value(json_object_get(Map(1), "waiting_removals")), 3);
  EXPECT_EQ(json_integer_value(json_object_get(Map(1), "waiting_additions")),
            1);
}

TEST_F(StatusJsonTest, NamesTheServers) {
  server().error = "a \"quoted\" error\\";
  server().unfit = "host b would not do";
  server().last_error = "an earlier one";
  json_t* const json = json_array_get(json_object_get(Json(), "servers"), 0);
  EXPECT_EQ(Text(json, "last_error"), "an earlier one");
  EXPECT_EQ(Text(json, "hosts"), "127.0.0.1");
  EXPECT_EQ(Text(json, "server"), "10.11.19-MariaDB at 127.0.0.1");
  EXPECT_EQ(Text(json, "change_source"), "lsn");
  EXPECT_EQ(Text(json, "reason"), "every table is InnoDB");
  EXPECT_EQ(Text(json, "unfit"), "host b would not do");
  EXPECT_EQ(Text(json, "error"), "a \"quoted\" error\\");
}

TEST_F(StatusJsonTest, NamesTheProxy) {
  EXPECT_TRUE(json_is_null(json_object_get(Json(), "proxy")));
  findings_.proxy.emplace().version = "1.2.3";
  findings_.proxy->commit = 9;
  json_t* const proxy = json_object_get(Json(), "proxy");
  EXPECT_EQ(Text(proxy, "version"), "1.2.3");
  EXPECT_EQ(json_integer_value(json_object_get(proxy, "commit")), 9);
}

TEST_F(StatusJsonTest, FreshnessThatIsNotKnownIsNull) {
  server().maps[0].confirmed.reset();
  EXPECT_TRUE(json_is_null(json_object_get(Map(0), "freshness_seconds")));
}

TEST_F(StatusJsonTest, ANameThatIsNoUtf8DoesNotSpoilTheWhole) {
  findings_.maps[0] = "/etc/\xff.cf";
  EXPECT_EQ(Text(Map(0), "name"), "(not UTF-8)");
  EXPECT_EQ(Text(Map(1), "name"), kDomains);
}

}  // namespace
}  // namespace postmirror
