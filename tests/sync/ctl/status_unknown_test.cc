// What status says where postmirrorctl cannot see all of it.
#include <gmock/gmock.h>

#include "sync/ctl/status_report.h"
#include "tests/sync/fake_clock.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class StatusUnknownTest : public ::testing::Test {
 protected:
  // All is well: two maps, both confirmed now.
  StatusUnknownTest() {
    findings_.sync_runs = true;
    findings_.maps = {"/etc/aliases.cf", "/etc/domains.cf"};
    findings_.stored = {MapContents(), MapContents()};
    findings_.reconcile_interval = absl::Seconds(300);
    findings_.now = clock_.Now();
    ServerStatus server;
    server.server = "10.11.19-MariaDB at 127.0.0.1";
    for (const std::string& map : findings_.maps) {
      server.maps.emplace_back().name = map;
      server.maps.back().confirmed = clock_.Now();
    }
    findings_.sync = SyncStatus{.servers = {server}};
  }

  FakeClock clock_;
  Findings findings_;
};

TEST_F(StatusUnknownTest, WhoMayNotAskTheProxyIsToldTheCure) {
  findings_.proxy_answers = absl::PermissionDeniedError("/run/s: denied");
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kUnknown);
  EXPECT_EQ(report.summary,
            "this user may not ask postmirror-proxy: /run/s: denied; add this "
            "user to the group _postmirror-status, or run postmirrorctl as "
            "root");
  // What is known to be wrong is worse.
  findings_.sync_runs = false;
  EXPECT_EQ(Judge(findings_).health, Health::kCritical);
}

TEST_F(StatusUnknownTest, WhoMayNotSeeSyncIsToldNothingThatIsNotKnown) {
  findings_.sync_shown = absl::PermissionDeniedError("/s: denied");
  findings_.sync_runs = false;
  findings_.sync.reset();
  findings_.stored[1].reset();
  const StatusReport blind = Judge(findings_);
  EXPECT_EQ(blind.health, Health::kUnknown);
  EXPECT_THAT(blind.summary, StartsWith("this user may not see how "));
  EXPECT_THAT(blind.summary, Not(HasSubstr("not running")));
  EXPECT_TRUE(blind.maps.empty());
  // The proxy knows what is filled.
  findings_.proxy.emplace().parameters = {
      {.name = "virtual_alias_maps", .maps = findings_.maps}};
  findings_.parameters = findings_.proxy->parameters;
  const StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kCritical);
  EXPECT_THAT(report.summary,
              StartsWith("map /etc/domains.cf is not filled; this user"));
  EXPECT_THAT(report.summary, Not(HasSubstr("freshness")));
}

// Such as one that sync has made itself: its group may be one with more power.
TEST_F(StatusUnknownTest, AFolderOfAnotherGroupIsToBeGivenToTheOneWhoWatch) {
  findings_.sync_shown = absl::PermissionDeniedError("/s: denied");
  findings_.status_group = "_postmirror";
  EXPECT_THAT(Judge(findings_).summary,
              StartsWith("this user may not see how postmirror-sync is: /s: "
                         "denied; the folder belongs to the group "
                         "_postmirror: chgrp -R _postmirror-status it, and "
                         "add this user to that group, or run postmirrorctl "
                         "as root"));
  findings_.status_group = "_postmirror-status";
  EXPECT_THAT(Judge(findings_).summary,
              StartsWith("this user may not see how postmirror-sync is: /s: "
                         "denied; add this user to the group "
                         "_postmirror-status, or run "));
}

// It is this process that lacks something.
TEST_F(StatusUnknownTest, WhatCannotBeSeenIsNotSaidToBeDown) {
  ASSERT_EQ(Judge(findings_).health, Health::kOk);
  findings_.proxy_answers = absl::InternalError("/run/s: too many files");
  StatusReport report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kUnknown);
  EXPECT_EQ(report.summary,
            "postmirrorctl cannot ask postmirror-proxy: /run/s: too many "
            "files");
  findings_.proxy_answers = absl::OkStatus();
  findings_.sync_shown = absl::UnavailableError("/s: too many files");
  findings_.sync_runs = false;
  report = Judge(findings_);
  EXPECT_EQ(report.health, Health::kUnknown);
  EXPECT_THAT(report.summary,
              StartsWith("postmirrorctl cannot see how postmirror-sync is: "));
  EXPECT_THAT(report.summary, Not(HasSubstr("not running")));
}

}  // namespace
}  // namespace postmirror
