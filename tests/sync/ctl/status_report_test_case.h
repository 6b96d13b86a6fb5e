// A mirror that is well; tests make it worse, and judge it.
#ifndef POSTMIRROR_TESTS_SYNC_CTL_STATUS_REPORT_TEST_CASE_H_
#define POSTMIRROR_TESTS_SYNC_CTL_STATUS_REPORT_TEST_CASE_H_

#include <gtest/gtest.h>

#include "sync/ctl/status_report.h"
#include "tests/sync/fake_clock.h"

namespace postmirror {

inline constexpr char kAliases[] = "/etc/aliases.cf";
inline constexpr char kDomains[] = "/etc/domains.cf";

class StatusReportTestCase : public ::testing::Test {
 protected:
  // All is well: two maps, both confirmed a second ago.
  StatusReportTestCase() {
    const Moment confirmed = clock_.Now();
    clock_.Advance(absl::Seconds(1));
    findings_.sync_runs = true;
    findings_.maps = {kAliases, kDomains};
    for (const uint64_t entries : {9U, 2U}) {
      findings_.stored.emplace_back(MapContents()).value().entries = entries;
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

  // With maps that were confirmed so long ago.
  StatusReport JudgeAtAge(absl::Duration age) {
    findings_.now = *server().maps[0].confirmed;
    findings_.now.since_boot += age;
    return Judge(findings_);
  }

  FakeClock clock_;
  Findings findings_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_CTL_STATUS_REPORT_TEST_CASE_H_
