#include <cstdio>
#include <optional>
#include <string>
#include <utility>

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

void LookAtSync(const Config& config, Findings* findings) {
  const absl::Status runs = CheckRuns(config.status_folder);
  findings->sync_runs = runs.ok();
  absl::StatusOr<SyncStatus> sync = ReadSyncStatus(config.status_folder);
  for (const absl::Status& status : {runs, sync.status()}) {
    if (absl::IsPermissionDenied(status)) findings->sync_shown = status;
  }
  if (sync.ok()) findings->sync = *std::move(sync);
}

// The proxy answers Postfix from the store, and so knows best.
std::optional<StoredMap> FindStored(const Findings& findings,
                                    const std::string& name) {
  if (findings.proxy.has_value()) {
    for (const ProxyMap& map : findings.proxy->maps) {
      if (map.name != name) continue;
      if (!map.entries.has_value()) return std::nullopt;
      return StoredMap{*map.entries, map.key_collation};
    }
  }
  if (!findings.sync.has_value()) return std::nullopt;
  for (const ServerStatus& server : findings.sync->servers) {
    for (const MapStatus& map : server.maps) {
      if (map.name == name && map.entries.has_value()) {
        return StoredMap{*map.entries, ""};
      }
    }
  }
  return std::nullopt;
}

Findings Gather(const Config& config, const Clock& clock) {
  Findings findings;
  findings.maps = config.MapNames();
  findings.reconcile_interval = config.reconcile_interval;
  findings.broken_map_critical = config.broken_map_critical;
  LookAtSync(config, &findings);
  LookAtProxy(config, &findings);
  for (const std::string& map : findings.maps) {
    findings.stored.push_back(FindStored(findings, map));
  }
  findings.now = clock.Now();
  return findings;
}

}  // namespace

int ShowStatus(const Config& config, bool json, const Clock& clock) {
  const absl::Status became =
      BecomeOwner("status_folder", config.status_folder);
  const StatusReport report =
      became.ok() ? Judge(Gather(config, clock))
                  : StatusReport{.health = Health::kUnknown,
                                 .summary = std::string(became.message()),
                                 .proxy = {},
                                 .maps = {},
                                 .servers = {}};
  const std::string text = json ? FormatJson(report) : FormatText(report);
  if (std::fputs(text.c_str(), stdout) < 0)
    return static_cast<int>(Health::kUnknown);
  return static_cast<int>(report.health);
}

}  // namespace postmirror
