// What status says where the proxy answers from other maps than postmirror.cf
// names, or cannot answer from one.
#include <gmock/gmock.h>

#include "tests/sync/ctl/status_report_test_case.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

class StatusReloadTest : public StatusReportTestCase {
 protected:
  // The proxy has read postmirror.cf, and answers from both maps.
  StatusReloadTest() {
    findings_.parameters = {{.name = "virtual_alias_maps", .maps = {kAliases}},
                            {.name = "canonical_maps", .maps = {kDomains}}};
    findings_.proxy.emplace().parameters = findings_.parameters;
    for (const char* name : {kAliases, kDomains}) {
      findings_.proxy->maps.emplace_back().name = name;
      findings_.proxy->maps.back().entries = 2;
    }
  }

  std::vector<ParameterMaps>& read() { return findings_.proxy->parameters; }

  void ExpectWarning(const std::string& summary) {
    const StatusReport report = Judge(findings_);
    EXPECT_EQ(report.health, Health::kWarning);
    EXPECT_EQ(report.summary, summary);
  }

  // After a reload the proxy waits for the second map.
  void Wait() {
    findings_.stored[1].reset();
    findings_.proxy->maps.pop_back();
    findings_.proxy->waiting = {"canonical_maps"};
  }
};

TEST_F(StatusReloadTest, IsOkWhereTheProxyServesWhatIsConfigured) {
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kOk) << report.summary;
}

TEST_F(StatusReloadTest, AMapThatTheProxyDoesNotServeIsAWarning) {
  read()[1].maps.clear();
  const char said[] =
      "postmirror-proxy does not serve map /etc/domains.cf of canonical_maps: "
      "reload it";
  ExpectWarning(said);
  // One line says it, whatever the store has of it.
  findings_.proxy->maps.pop_back();
  findings_.stored[1].reset();
  ExpectWarning(said);
}

TEST_F(StatusReloadTest, ANewParameterOverAMapThatIsServedIsAWarning) {
  findings_.parameters.push_back(
      {.name = "smtpd_sender_login_maps", .maps = {kAliases}});
  ExpectWarning(
      "postmirror-proxy does not serve map /etc/aliases.cf of "
      "smtpd_sender_login_maps: reload it");
}

TEST_F(StatusReloadTest, AMapThatIsServedAndNotConfiguredIsAWarning) {
  read()[1].maps.push_back("/etc/former.cf");
  ExpectWarning(
      "postmirror-proxy still serves map /etc/former.cf of canonical_maps, "
      "which postmirror.cf does not name there: reload it");
}

TEST_F(StatusReloadTest, AnotherOrderIsAWarning) {
  findings_.parameters[0].maps = {kAliases, kDomains};
  read()[0].maps = {kDomains, kAliases};
  ExpectWarning(
      "postmirror-proxy asks the maps of virtual_alias_maps in another order "
      "than postmirror.cf: reload it");
}

TEST_F(StatusReloadTest, AMapWhoseLookupsAreTemporaryIsCriticalWithTheReason) {
  findings_.proxy->maps[1].entries.reset();
  findings_.proxy->maps[1].temporary = "not filled yet: map /etc/domains.cf";
  findings_.stored[1].reset();
  StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_EQ(report.summary,
            "lookups are temporary: not filled yet: map /etc/domains.cf");
  // What is wrong with all of the store is said once.
  findings_.store = absl::UnavailableError("store /x: gone");
  report = Judge(findings_);
  EXPECT_THAT(report.summary, HasSubstr("lookups are temporary: store /x: go"));
  EXPECT_THAT(report.summary, ::testing::Not(HasSubstr("not filled yet")));
}

TEST_F(StatusReloadTest, AMapThatWasDroppedUnderTheProxyIsCritical) {
  ProxyMap& map = findings_.proxy->maps.emplace_back();
  map.name = "/etc/former.cf";
  map.temporary = "dropped by postmirror-sync: map /etc/former.cf";
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_THAT(report.summary, HasSubstr("dropped by postmirror-sync"));
}

TEST_F(StatusReloadTest, WhatIsFilledAfterAReloadIsCriticalOnlyIfThatLasts) {
  Wait();
  ExpectWarning(
      "map /etc/domains.cf is not filled yet, lookups are answered as before "
      "the reload");
  findings_.proxy->waiting_for = absl::Seconds(61);
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_EQ(report.summary, "map /etc/domains.cf is not filled");
}

TEST_F(StatusReloadTest, WhatIsFilledNowIsNoFaultWhileTheProxyTurnsToIt) {
  const std::optional<MapContents> filled = findings_.stored[1];
  Wait();
  findings_.stored[1] = filled;
  EXPECT_EQ(Judge(findings_).health, Health::kOk);
}

}  // namespace
}  // namespace postmirror
