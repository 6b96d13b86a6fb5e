#include "sync/ctl/status_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace postmirror {
namespace {

// How many reconcile intervals freshness may be old before it is a warning.
constexpr int kStaleIntervals = 3;

const MapStatus* FindStatus(const Findings& findings, absl::string_view map) {
  if (!findings.sync.has_value()) return nullptr;
  for (const ServerStatus& server : findings.sync->servers) {
    for (const MapStatus& status : server.maps) {
      if (status.name == map) return &status;
    }
  }
  return nullptr;
}

MapReport ReportMap(const Findings& findings, size_t index) {
  MapReport report;
  report.name = findings.maps[index];
  const std::optional<MapRecord>& record = findings.records[index];
  const MapStatus* status = FindStatus(findings, report.name);
  report.state = record.has_value() ? "filled" : "not filled";
  if (!record.has_value()) return report;
  report.entries = record->entries;
  report.key_collation = record->key_collation;
  if (status == nullptr) return report;
  if (status->confirmed.has_value()) {
    const absl::Duration age = Elapsed(*status->confirmed, findings.now);
    if (age != absl::InfiniteDuration()) report.freshness = age;
  }
  if (!status->held_digest.empty()) {
    report.state = "held";
    report.held_removals = status->held_removals;
    report.held_digest = status->held_digest;
  }
  return report;
}

// Collects what is wrong, the worst first.
class Verdict {
 public:
  void Add(Health health, std::string what) {
    (health == Health::kCritical ? critical_ : warnings_)
        .push_back(std::move(what));
  }

  Health health() const {
    if (!critical_.empty()) return Health::kCritical;
    return warnings_.empty() ? Health::kOk : Health::kWarning;
  }

  std::string Text() const {
    std::vector<std::string> all = critical_;
    all.insert(all.end(), warnings_.begin(), warnings_.end());
    return absl::StrJoin(all, "; ");
  }

 private:
  std::vector<std::string> critical_;
  std::vector<std::string> warnings_;
};

void JudgeMap(const MapReport& map, absl::Duration stale_after,
              Verdict* verdict) {
  if (map.state == "not filled") {
    verdict->Add(Health::kCritical,
                 absl::StrCat("map ", map.name, " is not filled"));
  } else if (map.state == "held") {
    verdict->Add(Health::kCritical,
                 absl::StrCat("map ", map.name, " is held: ", map.held_removals,
                              " removals wait"));
  } else if (!map.freshness.has_value()) {
    verdict->Add(Health::kWarning,
                 absl::StrCat("map ", map.name, ": freshness is not known"));
  } else if (*map.freshness > stale_after) {
    verdict->Add(Health::kWarning,
                 absl::StrCat("map ", map.name, " was last confirmed ",
                              absl::FormatDuration(*map.freshness), " ago"));
  }
}

std::string FreshnessText(const MapReport& map) {
  if (!map.freshness.has_value()) return "unknown";
  return absl::StrFormat("%.1fs", absl::ToDoubleSeconds(*map.freshness));
}

const char* HealthName(Health health) {
  switch (health) {
    case Health::kOk:
      return "OK";
    case Health::kWarning:
      return "WARNING";
    case Health::kCritical:
      return "CRITICAL";
    case Health::kUnknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

}  // namespace

StatusReport Judge(const Findings& findings) {
  StatusReport report;
  Verdict verdict;
  if (!findings.store.ok()) {
    verdict.Add(Health::kCritical, absl::StrCat("lookups are temporary: ",
                                                findings.store.message()));
  }
  if (!findings.sync_runs) {
    verdict.Add(Health::kCritical, "postmirror-sync is not running");
  }
  if (findings.sync.has_value()) report.servers = findings.sync->servers;
  for (ServerStatus& server : report.servers) {
    // What a sync that has ended said of its connection is over.
    if (!findings.sync_runs) server.server.clear();
    if (!server.doubt.empty()) verdict.Add(Health::kWarning, server.doubt);
    if (!server.error.empty()) verdict.Add(Health::kWarning, server.error);
  }
  for (size_t i = 0; i < findings.maps.size(); ++i) {
    report.maps.push_back(ReportMap(findings, i));
    JudgeMap(report.maps.back(), findings.reconcile_interval * kStaleIntervals,
             &verdict);
  }
  report.health = verdict.health();
  report.summary =
      report.health == Health::kOk
          ? absl::StrCat(report.maps.size(),
                         " maps are filled and follow the database")
          : verdict.Text();
  return report;
}

std::string FormatText(const StatusReport& report) {
  std::string out = absl::StrCat("postmirror ", HealthName(report.health), ": ",
                                 report.summary, "\n");
  for (const ServerStatus& server : report.servers) {
    absl::StrAppend(&out, "server ",
                    server.server.empty() ? server.hosts : server.server,
                    server.server.empty() ? ": not connected" : "", "\n");
    if (!server.change_source.empty()) {
      absl::StrAppend(&out, "  change source ", server.change_source, ": ",
                      server.reason, "\n");
    }
    if (!server.doubt.empty()) {
      absl::StrAppend(&out, "  in doubt: ", server.doubt, "\n");
    }
    if (!server.last_error.empty()) {
      absl::StrAppend(&out, "  last error ", server.last_error, "\n");
    }
  }
  for (const MapReport& map : report.maps) {
    absl::StrAppend(&out, "map ", map.name, "\n  ", map.state, ", ",
                    map.entries, " entries, freshness ", FreshnessText(map));
    if (!map.key_collation.empty()) {
      absl::StrAppend(&out, ", key collation ", map.key_collation);
    }
    if (map.state == "held") {
      absl::StrAppend(&out, "\n  held: ", map.held_removals,
                      " removals, digest ", map.held_digest);
    }
    absl::StrAppend(&out, "\n");
  }
  return out;
}

}  // namespace postmirror
