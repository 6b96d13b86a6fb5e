#include <grp.h>
#include <sys/stat.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "sync/ctl/ask_proxy.h"
#include "sync/ctl/commands.h"
#include "sync/ctl/folder_owner.h"
#include "sync/ctl/status_report.h"
#include "sync/running_mark.h"
#include "sync/sync_status.h"

namespace postmirror {
namespace {

// It answers within a second.
constexpr absl::Duration kPatience = absl::Seconds(5);

void LookAtProxy(const Config& config, Findings* findings) {
  if (config.status_socket.empty()) return;
  absl::StatusOr<ProxyStatus> answer =
      AskProxy(config.status_socket, kPatience);
  findings->proxy_answers = answer.status();
  if (!answer.ok()) return;
  if (!answer->temporary.empty()) {
    findings->store = absl::UnavailableError(answer->temporary);
  }
  findings->proxy = *std::move(answer);
}

// That of the folder, by name or number; "" where it cannot be known.
std::string GroupOf(const std::string& folder) {
  struct stat facts = {};
  if (stat(folder.c_str(), &facts) != 0) return "";
  const group* const entry = getgrgid(facts.st_gid);
  return entry == nullptr ? absl::StrCat(facts.st_gid) : entry->gr_name;
}

void LookAtSync(const Config& config, Findings* findings) {
  const absl::Status runs = CheckRuns(config.status_folder);
  findings->sync_runs = runs.ok();
  absl::StatusOr<SyncStatus> sync = ReadSyncStatus(config.status_folder);
  if (absl::IsPermissionDenied(sync.status())) {
    findings->sync_shown = sync.status();
  }
  if (!runs.ok() && !absl::IsNotFound(runs)) findings->sync_shown = runs;
  if (!findings->sync_shown.ok()) {
    findings->status_group = GroupOf(config.status_folder);
  }
  if (sync.ok()) findings->sync = *std::move(sync);
}

// The proxy answers Postfix from the store, and so knows best; of a map that it
// does not ask sync knows.
std::optional<MapContents> FindStored(const Findings& findings,
                                      const std::string& name) {
  if (findings.proxy.has_value()) {
    for (const ProxyMap& map : findings.proxy->maps) {
      if (map.name != name) continue;
      if (!map.entries.has_value()) return std::nullopt;
      return MapContents{*map.entries, map.key_collation};
    }
  }
  if (!findings.sync.has_value()) return std::nullopt;
  for (const ServerStatus& server : findings.sync->servers) {
    for (const MapStatus& map : server.maps) {
      if (map.name == name && map.entries.has_value()) {
        return MapContents{*map.entries, ""};
      }
    }
  }
  return std::nullopt;
}

absl::StatusOr<Findings> Gather(const Config& config, const Clock& clock) {
  Findings findings;
  findings.maps = config.MapNames();
  findings.parameters = ParametersOf(config);
  findings.reconcile_interval = config.reconcile_interval;
  findings.broken_map_critical = config.broken_map_critical;
  // While this may be root, who may pass every folder above the socket; the
  // proxy is asked by the connection alone, nothing is sent.
  LookAtProxy(config, &findings);
  const absl::StatusOr<Config> ours = BecomeStatusOwner(config);
  if (ours.ok()) {
    LookAtSync(*ours, &findings);
  } else if (!absl::IsNotFound(ours.status())) {
    return ours.status();
  }
  for (const std::string& map : findings.maps) {
    findings.stored.push_back(FindStored(findings, map));
  }
  findings.now = clock.Now();
  return findings;
}

int Show(const StatusReport& report, bool json) {
  const std::string text = json ? FormatJson(report) : FormatText(report);
  std::fputs(text.c_str(), stdout);
  return static_cast<int>(report.health);
}

}  // namespace

int ShowStatus(const Config& config, bool json, const Clock& clock) {
  const absl::StatusOr<Findings> findings = Gather(config, clock);
  return findings.ok() ? Show(Judge(*findings), json)
                       : ShowUnknown(findings.status(), json);
}

int ShowUnknown(const absl::Status& why, bool json) {
  StatusReport report;
  report.health = Health::kUnknown;
  // A configuration may have several faults, one a line.
  report.summary = absl::StrReplaceAll(why.message(), {{"\n", "; "}});
  return Show(report, json);
}

}  // namespace postmirror
