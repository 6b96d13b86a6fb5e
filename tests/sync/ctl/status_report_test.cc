#include "sync/ctl/status_report.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/sync/ctl/status_report_test_case.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class StatusReportTest : public StatusReportTestCase {};

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

// As where the store was moved while the proxy has it mounted.
TEST_F(StatusReportTest, AProxyThatReadsAnotherStoreIsCritical) {
  findings_.proxy.emplace().data_file = "1:2";
  EXPECT_EQ(Judge(findings_).health, Health::kOk) << "sync does not say";
  findings_.sync->data_file = "1:2";
  EXPECT_EQ(Judge(findings_).health, Health::kOk);
  findings_.sync->data_file = "1:3";
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_THAT(report.summary, StartsWith("postmirror-proxy reads another "));
  findings_.proxy->data_file = "";
  EXPECT_EQ(Judge(findings_).health, Health::kOk) << "it says why itself";
}

TEST_F(StatusReportTest, AReaderThatHoldsTheStoreIsAWarning) {
  findings_.sync->store_doubt = "process 17 reads commit 5";
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kWarning);
  EXPECT_EQ(report.summary, "process 17 reads commit 5");
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

TEST_F(StatusReportTest, TheTextHasNothingThatATerminalWouldObey) {
  const std::string bad = "\x1b[2J\npostmirror OK: \x9b";
  findings_.maps[0] = bad;
  server().server = server().reason = server().doubt = bad;
  server().unfit = server().error = server().last_error = bad;
  server().maps[0].name = bad;
  server().maps[0].broken = server().maps[0].held_reason = bad;
  server().maps[0].held_digest = bad;
  ProxyStatus& proxy = findings_.proxy.emplace();
  proxy.version = bad;
  proxy.listeners = proxy.waiting = {bad};
  const std::string text = FormatText(Judge(findings_));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\x9b")));
  EXPECT_THAT(text, Not(HasSubstr("\npostmirror")));
  EXPECT_THAT(text, HasSubstr("map \\x1b[2J\\npostmirror OK: \\x9b\n"));
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

// The change source promises to confirm maps all the time.
TEST_F(StatusReportTest, FreshnessOverTenSecondsIsAWarning) {
  for (const char* source : {"lsn", "binlog"}) {
    server().change_source = source;
    EXPECT_EQ(JudgeAtAge(absl::Seconds(10)).health, Health::kOk);
    const StatusReport report = JudgeAtAge(absl::Milliseconds(10001));
    EXPECT_EQ(report.health, Health::kWarning);
    EXPECT_THAT(report.summary, HasSubstr("was last confirmed 10s ago"));
  }
}

TEST_F(StatusReportTest, WithIntervalFreshnessMayBeThreeReconcileIntervals) {
  server().change_source = "interval";
  EXPECT_EQ(JudgeAtAge(absl::Seconds(900)).health, Health::kOk);
  const StatusReport report = JudgeAtAge(absl::Seconds(901));
  EXPECT_EQ(report.health, Health::kWarning);
  EXPECT_THAT(report.summary, HasSubstr("was last confirmed 15m1s ago"));
}

// As where the library waits for a FIFO that an option file names.
TEST_F(StatusReportTest, NotConnectedIsNotOkForLong) {
  server().server.clear();
  for (const char* source : {"", "interval", "lsn"}) {
    server().change_source = source;
    EXPECT_EQ(JudgeAtAge(absl::Seconds(9)).health, Health::kOk);
    const StatusReport report = JudgeAtAge(absl::Seconds(11));
    EXPECT_EQ(report.health, Health::kWarning);
    EXPECT_THAT(report.summary, StartsWith("127.0.0.1: not connected, and "));
  }
}

TEST_F(StatusReportTest, AServerThatCannotBeReadHasOneWarning) {
  server().server.clear();
  server().error = "server down";
  EXPECT_EQ(JudgeAtAge(absl::Seconds(60)).summary, "server down");
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

}  // namespace
}  // namespace postmirror
