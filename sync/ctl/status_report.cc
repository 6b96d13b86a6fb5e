#include "sync/ctl/status_report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sync/ctl/freshness.h"
#include "sync/ctl/reload_check.h"

namespace postmirror {
namespace {

// How long the proxy may be silent: it shows life once a second.
constexpr absl::Duration kLongestSilence = absl::Seconds(10);

// How long a reload may take: a new map is filled, or it is broken.
constexpr absl::Duration kLongestSwitch = absl::Minutes(1);

constexpr char kWatchers[] = "_postmirror-status";
constexpr char kAccessCure[] =
    "; add this user to the group _postmirror-status, or run postmirrorctl as "
    "root";

const MapStatus* FindIn(const ServerStatus& server, absl::string_view map) {
  for (const MapStatus& status : server.maps) {
    if (status.name == map) return &status;
  }
  return nullptr;
}

const ServerStatus* FindServer(const Findings& findings,
                               absl::string_view map) {
  if (!findings.sync.has_value()) return nullptr;
  for (const ServerStatus& server : findings.sync->servers) {
    if (FindIn(server, map) != nullptr) return &server;
  }
  return nullptr;
}

const MapStatus* FindStatus(const Findings& findings, absl::string_view map) {
  const ServerStatus* const server = FindServer(findings, map);
  return server == nullptr ? nullptr : FindIn(*server, map);
}

void ReportBroken(const MapStatus& status, const Moment& now,
                  MapReport* report) {
  report->waiting_removals = status.waiting_removals;
  report->waiting_additions = status.waiting_additions;
  report->broken = status.broken;
  if (!status.broken_since.has_value()) return;
  const absl::Duration lasted = Elapsed(*status.broken_since, now);
  if (lasted != absl::InfiniteDuration()) report->broken_for = lasted;
}

MapReport ReportMap(const Findings& findings, size_t index) {
  MapReport report;
  report.name = findings.maps[index];
  const std::optional<MapContents>& record = findings.stored[index];
  const MapStatus* status = FindStatus(findings, report.name);
  report.state = record.has_value() ? "filled" : "not filled";
  if (status != nullptr) ReportBroken(*status, findings.now, &report);
  if (!record.has_value()) return report;
  report.entries = record->entries;
  report.key_collation = record->key_collation;
  if (status == nullptr) return report;
  if (!report.broken.empty()) report.state = "broken";
  report.freshness = Freshness(*status, findings.now);
  if (!status->held_digest.empty()) {
    report.state = "held";
    report.held_removals = status->held_removals;
    report.held_values = status->held_values;
    report.held_additions = status->held_additions;
    report.held_digest = status->held_digest;
    report.held_reason = status->held_reason;
  }
  return report;
}

// Collects what is wrong, the worst first.
class Verdict {
 public:
  void Add(Health health, std::string what) {
    (health == Health::kCritical  ? critical_
     : health == Health::kUnknown ? unknown_
                                  : warnings_)
        .push_back(std::move(what));
  }

  Health health() const {
    if (!critical_.empty()) return Health::kCritical;
    if (!unknown_.empty()) return Health::kUnknown;
    return warnings_.empty() ? Health::kOk : Health::kWarning;
  }

  std::string Text() const {
    std::vector<std::string> all = critical_;
    all.insert(all.end(), unknown_.begin(), unknown_.end());
    all.insert(all.end(), warnings_.begin(), warnings_.end());
    return absl::StrJoin(all, "; ");
  }

 private:
  std::vector<std::string> critical_;
  std::vector<std::string> unknown_;
  std::vector<std::string> warnings_;
};

// One whose age is not known is old.
void JudgeBroken(const MapReport& map, absl::Duration critical_after,
                 Verdict* verdict) {
  const bool critical =
      !map.broken_for.has_value() || *map.broken_for > critical_after;
  verdict->Add(critical ? Health::kCritical : Health::kWarning,
               absl::StrCat("map ", map.name, " is broken", ForHowLong(map),
                            ": ", map.broken));
}

// As if it could not be read, of a sync that has ended: that is said of it.
absl::Duration LongestFreshness(const Findings& findings,
                                absl::string_view map) {
  const ServerStatus* const server = FindServer(findings, map);
  return findings.sync_runs && server != nullptr
             ? LongestFreshness(*server, findings.reconcile_interval)
             : kStaleIntervals * findings.reconcile_interval;
}

// Of the proxy; nullptr where it does not answer from that map.
const ProxyMap* FindAsked(const Findings& findings, absl::string_view map) {
  if (!findings.proxy.has_value()) return nullptr;
  for (const ProxyMap& asked : findings.proxy->maps) {
    if (asked.name == map) return &asked;
  }
  return nullptr;
}

// The proxy answers as before a reload until a map is filled, and does not ask
// one of which it was not told: both are no fault of the lookups that it has.
void JudgeUnfilled(const MapReport& map, const Findings& findings,
                   Verdict* verdict) {
  const ProxyMap* const asked = FindAsked(findings, map.name);
  // JudgeProxy has said why.
  if (asked != nullptr && !asked->temporary.empty() && findings.store.ok()) {
    return;
  }
  const bool is_new = findings.proxy.has_value() && asked == nullptr;
  if (is_new && !HasMap(findings.proxy->parameters, map.name)) return;
  const bool waits = is_new && !findings.proxy->waiting.empty() &&
                     findings.proxy->waiting_for <= kLongestSwitch;
  verdict->Add(waits ? Health::kWarning : Health::kCritical,
               absl::StrCat("map ", map.name, " is not filled",
                            waits ? " yet, lookups are answered as before the "
                                    "reload"
                                  : ""));
}

void JudgeMap(const MapReport& map, const Findings& findings,
              Verdict* verdict) {
  if (!map.broken.empty()) {
    JudgeBroken(map, findings.broken_map_critical, verdict);
  }
  if (map.state == "not filled") {
    JudgeUnfilled(map, findings, verdict);
  } else if (map.state == "held") {
    verdict->Add(
        Health::kCritical,
        absl::StrCat("map ", map.name, " is held: ", HeldText(map), " wait"));
  } else if (!map.broken.empty() || !findings.sync_shown.ok()) {
    return;  // it is not confirmed, of course, or this is not known
  } else if (!map.freshness.has_value()) {
    verdict->Add(Health::kWarning,
                 absl::StrCat("map ", map.name, ": freshness is not known"));
  } else if (*map.freshness > LongestFreshness(findings, map.name)) {
    verdict->Add(Health::kWarning,
                 absl::StrCat("map ", map.name, " was last confirmed ",
                              absl::FormatDuration(absl::Trunc(
                                  *map.freshness, absl::Seconds(1))),
                              " ago"));
  }
}

void JudgeServer(const ServerStatus& server, Verdict* verdict) {
  if (!server.doubt.empty()) verdict->Add(Health::kWarning, server.doubt);
  if (!server.unfit.empty()) verdict->Add(Health::kWarning, server.unfit);
  if (!server.error.empty()) verdict->Add(Health::kWarning, server.error);
  if (server.server.empty() || server.as_configured) return;
  verdict->Add(
      Health::kWarning,
      absl::StrCat(
          "changes are found by ", server.change_source,
          ", which is not the configured change source: ", server.reason,
          "; mend that, or set change_source = ", server.change_source));
}

void JudgeAnswer(const Findings& findings, Verdict* verdict) {
  const ProxyStatus& proxy = *findings.proxy;
  if (proxy.silent > kLongestSilence) {
    verdict->Add(Health::kCritical,
                 absl::StrCat("postmirror-proxy is stuck for ",
                              absl::FormatDuration(absl::Trunc(
                                  proxy.silent, absl::Seconds(1)))));
  }
  for (const ProxyMap& map : proxy.maps) {
    // What is wrong with all of the store is said once.
    if (map.temporary.empty() || !findings.store.ok()) continue;
    verdict->Add(Health::kCritical,
                 absl::StrCat("lookups are temporary: ", map.temporary));
  }
  for (std::string& line :
       CompareParameters(findings.parameters, proxy.parameters)) {
    verdict->Add(Health::kWarning, std::move(line));
  }
}

void JudgeProxy(const Findings& findings, Verdict* verdict) {
  const absl::Status& answers = findings.proxy_answers;
  if (absl::IsPermissionDenied(answers)) {
    verdict->Add(Health::kUnknown,
                 absl::StrCat("this user may not ask postmirror-proxy: ",
                              answers.message(), kAccessCure));
  } else if (absl::IsInternal(answers)) {
    verdict->Add(Health::kUnknown,
                 absl::StrCat("postmirrorctl cannot ask postmirror-proxy: ",
                              answers.message()));
  } else if (!answers.ok()) {
    verdict->Add(
        Health::kCritical,
        absl::StrCat("postmirror-proxy does not answer: ", answers.message()));
  }
  if (!findings.store.ok()) {
    verdict->Add(Health::kCritical, absl::StrCat("lookups are temporary: ",
                                                 findings.store.message()));
  }
  if (findings.proxy.has_value()) JudgeAnswer(findings, verdict);
}

// As where the store was moved, and the proxy has it mounted at its place.
constexpr char kOtherStore[] =
    "postmirror-proxy reads another store than postmirror-sync writes, so that "
    "no change arrives: restart postmirror-proxy (its container)";

bool ReadsAnotherStore(const Findings& findings, absl::string_view written) {
  if (!findings.proxy.has_value() || written.empty()) return false;
  const std::string& read = findings.proxy->data_file;
  return !read.empty() && read != written;
}

// sync makes a folder of its own where tmpfiles.d(5) has not made one.
std::string FolderCure(const std::string& group) {
  if (group.empty() || group == kWatchers) return kAccessCure;
  return absl::StrCat("; the folder belongs to the group ", group,
                      ": chgrp -R ", kWatchers,
                      " it, and add this user to that group, or run "
                      "postmirrorctl as root");
}

void JudgeSync(const Findings& findings, Verdict* verdict) {
  const absl::Status& shown = findings.sync_shown;
  if (absl::IsPermissionDenied(shown)) {
    verdict->Add(
        Health::kUnknown,
        absl::StrCat("this user may not see how postmirror-sync is: ",
                     shown.message(), FolderCure(findings.status_group)));
  } else if (!shown.ok()) {
    verdict->Add(
        Health::kUnknown,
        absl::StrCat("postmirrorctl cannot see how postmirror-sync is: ",
                     shown.message()));
  } else if (!findings.sync_runs) {
    verdict->Add(Health::kCritical, "postmirror-sync is not running");
  } else if (findings.sync.has_value()) {
    const SyncStatus& sync = *findings.sync;
    if (!sync.store_fault.empty()) {
      verdict->Add(Health::kCritical, sync.store_fault);
    }
    if (!sync.store_doubt.empty()) {
      verdict->Add(Health::kWarning, sync.store_doubt);
    }
    if (ReadsAnotherStore(findings, sync.data_file)) {
      verdict->Add(Health::kCritical, kOtherStore);
    }
  }
}

}  // namespace

std::string HeldText(const MapReport& map) {
  const bool tells_values = map.held_values > 0;
  std::string text;
  if (map.held_additions.has_value()) {
    absl::StrAppend(&text, *map.held_additions, " new keys",
                    tells_values ? ", " : " and ");
  }
  absl::StrAppend(&text, map.held_removals, " removals");
  if (tells_values) {
    absl::StrAppend(&text, " and ", map.held_values, " changed values");
  }
  return text;
}

std::string ForHowLong(const MapReport& map) {
  if (!map.broken_for.has_value()) return "";
  return absl::StrCat(" for ", absl::FormatDuration(absl::Trunc(
                                   *map.broken_for, absl::Seconds(1))));
}

StatusReport Judge(const Findings& findings) {
  StatusReport report;
  Verdict verdict;
  JudgeProxy(findings, &verdict);
  JudgeSync(findings, &verdict);
  report.proxy = findings.proxy;
  if (findings.sync.has_value()) report.servers = findings.sync->servers;
  for (ServerStatus& server : report.servers) {
    // What a sync that has ended said of its connection is over.
    if (!findings.sync_runs) {
      server.server.clear();
      server.unfit.clear();
    } else {
      const std::string silence = SilenceOf(server, findings.now);
      if (!silence.empty()) verdict.Add(Health::kWarning, silence);
    }
    JudgeServer(server, &verdict);
  }
  const bool blind = !findings.sync_shown.ok() && !findings.proxy.has_value();
  for (size_t i = 0; i < findings.maps.size() && !blind; ++i) {
    report.maps.push_back(ReportMap(findings, i));
    JudgeMap(report.maps.back(), findings, &verdict);
  }
  report.health = verdict.health();
  report.summary =
      report.health == Health::kOk
          ? absl::StrCat(report.maps.size(),
                         " maps are filled and follow the database")
          : verdict.Text();
  return report;
}

}  // namespace postmirror
