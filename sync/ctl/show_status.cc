#include <cstdio>

#include "schema/store/environment.h"
#include "schema/store/store_reader.h"
#include "schema/store/store_view.h"
#include "schema/store/store_writer.h"
#include "sync/ctl/commands.h"
#include "sync/ctl/status_report.h"
#include "sync/ctl/store_owner.h"
#include "sync/sync_status.h"

namespace postmirror {
namespace {

Findings Gather(const Config& config, const Clock& clock) {
  Findings findings;
  findings.maps = config.MapNames();
  findings.reconcile_interval = config.reconcile_interval;
  findings.broken_map_critical = config.broken_map_critical;
  findings.sync_runs = WriterIsRunning(config.store);
  absl::StatusOr<SyncStatus> sync = ReadSyncStatus(FormatFolder(config.store));
  if (sync.ok()) findings.sync = *std::move(sync);
  StoreReader reader(config.store);
  findings.store = reader.Refresh();
  StoreView view(&reader, findings.maps);
  view.Begin();
  if (findings.store.ok()) findings.store = view.state();
  for (size_t i = 0; i < findings.maps.size(); ++i) {
    const MapRecord* record = view.Record(i);
    findings.records.push_back(record == nullptr ? std::nullopt
                                                 : std::optional(*record));
  }
  view.End();
  findings.now = clock.Now();
  return findings;
}

}  // namespace

int ShowStatus(const Config& config, bool json, const Clock& clock) {
  const absl::Status became = BecomeStoreOwner(config.store);
  const StatusReport report =
      became.ok() ? Judge(Gather(config, clock))
                  : StatusReport{.health = Health::kUnknown,
                                 .summary = std::string(became.message()),
                                 .maps = {},
                                 .servers = {}};
  const std::string text = json ? FormatJson(report) : FormatText(report);
  if (std::fputs(text.c_str(), stdout) < 0)
    return static_cast<int>(Health::kUnknown);
  return static_cast<int>(report.health);
}

}  // namespace postmirror
