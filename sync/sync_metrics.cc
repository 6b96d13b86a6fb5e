#include "sync/sync_metrics.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

using Type = MetricFamily::Type;

constexpr absl::string_view kSources[] = {"binlog", "lsn", "interval"};

MetricFamily Family(Type type, const char* name, const char* help) {
  return {.type = type, .name = name, .help = help};
}

const char* NameOf(SyncMetrics::Scope scope) {
  switch (scope) {
    case SyncMetrics::Scope::kEverything:
      return "everything";
    case SyncMetrics::Scope::kNamed:
      return "named";
  }
  return "";
}

template <typename Value>
Value Find(const std::map<std::string, Value>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? Value() : found->second;
}

}  // namespace

SyncMetrics::SyncMetrics(absl::string_view folder, const Clock* clock)
    : folder_(folder), clock_(*clock) {}

void SyncMetrics::Watch(const StatusBoard* board, const MirrorStore* store) {
  const std::lock_guard<std::mutex> lock(mutex_);
  board_ = board;
  store_ = store;
}

void SyncMetrics::Forget() { Watch(nullptr, nullptr); }

void SyncMetrics::CountError(const std::string& hosts) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++errors_[hosts];
}

void SyncMetrics::CountDiff(Scope scope, absl::Duration took,
                            const std::vector<MapResult>& results) {
  const double seconds = absl::ToDoubleSeconds(took);
  const auto bound =
      std::lower_bound(kBoundsSeconds.begin(), kBoundsSeconds.end(), seconds);
  const std::lock_guard<std::mutex> lock(mutex_);
  Diffs& diffs = diffs_[static_cast<size_t>(scope)];
  ++diffs.durations[static_cast<size_t>(bound - kBoundsSeconds.begin())];
  diffs.seconds += seconds;
  for (const MapResult& result : results) {
    Changes& changes = changes_[result.map];
    changes.added += result.added;
    changes.changed += result.changed;
    changes.removed += result.removed;
  }
}

void SyncMetrics::CountReload(bool ok) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++(ok ? reloads_ : failed_reloads_);
}

std::vector<MetricFamily> SyncMetrics::Collect() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  SyncStatus status = board_ == nullptr ? SyncStatus() : board_->Current();
  std::erase_if(status.servers, [](const ServerStatus& server) {
    return server.hosts.empty();  // nothing was posted of it yet
  });
  std::vector<MetricFamily> families;
  AddMaps(
      status,
      store_ == nullptr ? std::map<std::string, uint64_t>() : store_->Entries(),
      &families);
  AddServers(status, &families);
  AddChanges(status, &families);
  AddDiffs(&families);
  AddProcess(&families);
  return families;
}

void SyncMetrics::AddMaps(const SyncStatus& status,
                          const std::map<std::string, uint64_t>& stored,
                          std::vector<MetricFamily>* families) const {
  MetricFamily filled =
      Family(Type::kGauge, "postmirror_sync_map_filled",
             "Whether the store has the map; until then lookups in it are "
             "temporary.");
  MetricFamily entries = Family(Type::kGauge, "postmirror_sync_map_entries",
                                "Entries of the map in the store.");
  MetricFamily freshness =
      Family(Type::kGauge, "postmirror_sync_map_freshness_seconds",
             "Since the map was last confirmed equal to the database.");
  MetricFamily held =
      Family(Type::kGauge, "postmirror_sync_map_held",
             "Whether the guard holds the map, until postmirrorctl accept.");
  MetricFamily removals =
      Family(Type::kGauge, "postmirror_sync_map_held_removals",
             "Removals that the guard holds of the map.");
  MetricFamily values =
      Family(Type::kGauge, "postmirror_sync_map_held_values",
             "Changed values that the guard holds of the map.");
  MetricFamily broken =
      Family(Type::kGauge, "postmirror_sync_map_broken",
             "Whether the map cannot be read, for an error of its own.");
  const Moment now = clock_.Now();
  for (const ServerStatus& server : status.servers) {
    for (const MapStatus& map : server.maps) {
      const std::vector<MetricLabel> labels = {{"map", map.name}};
      filled.Add(labels, stored.contains(map.name) ? 1 : 0);
      entries.Add(labels, static_cast<double>(Find(stored, map.name)));
      held.Add(labels, map.held_digest.empty() ? 0 : 1);
      removals.Add(labels, static_cast<double>(map.held_removals));
      values.Add(labels, static_cast<double>(map.held_values));
      broken.Add(labels, map.broken.empty() ? 0 : 1);
      if (!map.confirmed.has_value()) continue;
      const absl::Duration age = Elapsed(*map.confirmed, now);
      if (age == absl::InfiniteDuration()) continue;  // not known
      freshness.Add(labels, absl::ToDoubleSeconds(age));
    }
  }
  for (MetricFamily* family :
       {&filled, &entries, &freshness, &held, &removals, &values, &broken}) {
    families->push_back(std::move(*family));
  }
}

void SyncMetrics::AddServers(const SyncStatus& status,
                             std::vector<MetricFamily>* families) const {
  MetricFamily connected =
      Family(Type::kGauge, "postmirror_sync_connected",
             "Whether one of the hosts is connected and read, and what was "
             "read could be written to the store.");
  MetricFamily source = Family(
      Type::kGauge, "postmirror_sync_change_source",
      "1 for the change source that is in use; none where none is connected.");
  MetricFamily as_configured =
      Family(Type::kGauge, "postmirror_sync_change_source_as_configured",
             "Whether the change source in use is the configured one; 1 where "
             "none is connected.");
  MetricFamily in_doubt =
      Family(Type::kGauge, "postmirror_sync_in_doubt",
             "Whether the host that is read may lack changes that were read "
             "before.");
  MetricFamily errors =
      Family(Type::kCounter, "postmirror_sync_mariadb_errors_total",
             "How often MariaDB could not be connected to, or asked.");
  for (const ServerStatus& server : status.servers) {
    const MetricLabel hosts = {"hosts", server.hosts};
    const bool is_connected = !server.server.empty();
    connected.Add({hosts}, is_connected ? 1 : 0);
    for (const absl::string_view name : kSources) {
      const bool in_use = is_connected && name == server.change_source;
      source.Add({hosts, {"source", std::string(name)}}, in_use ? 1 : 0);
    }
    as_configured.Add({hosts}, is_connected && !server.as_configured ? 0 : 1);
    in_doubt.Add({hosts}, server.doubt.empty() ? 0 : 1);
    errors.Add({hosts}, static_cast<double>(Find(errors_, server.hosts)));
  }
  for (MetricFamily* family :
       {&connected, &source, &as_configured, &in_doubt, &errors}) {
    families->push_back(std::move(*family));
  }
}

void SyncMetrics::AddChanges(const SyncStatus& status,
                             std::vector<MetricFamily>* families) const {
  MetricFamily applied =
      Family(Type::kCounter, "postmirror_sync_changes_applied_total",
             "Entries that were added to, changed in or removed from the "
             "store.");
  for (const ServerStatus& server : status.servers) {
    for (const MapStatus& map : server.maps) {
      const Changes changes = Find(changes_, map.name);
      const auto add = [&](const char* change, uint64_t count) {
        applied.Add({{"map", map.name}, {"change", change}},
                    static_cast<double>(count));
      };
      add("added", changes.added);
      add("changed", changes.changed);
      add("removed", changes.removed);
    }
  }
  families->push_back(std::move(applied));
}

void SyncMetrics::AddDiffs(std::vector<MetricFamily>* families) const {
  MetricFamily diffs =
      Family(Type::kCounter, "postmirror_sync_diffs_total",
             "How often everything, or what the change source named, was read "
             "and compared with the store.");
  MetricFamily durations =
      Family(Type::kHistogram, "postmirror_sync_diff_duration_seconds",
             "How long that took: SELECT, comparison and commit.");
  for (const Scope scope : {Scope::kEverything, Scope::kNamed}) {
    const Diffs& of = diffs_[static_cast<size_t>(scope)];
    const std::vector<MetricLabel> labels = {{"scope", NameOf(scope)}};
    durations.AddHistogram(labels, kBoundsSeconds, of.durations, of.seconds);
    diffs.Add(labels, static_cast<double>(durations.samples.back().count));
  }
  families->push_back(std::move(diffs));
  families->push_back(std::move(durations));
}

void SyncMetrics::AddProcess(std::vector<MetricFamily>* families) const {
  MetricFamily bytes = Family(Type::kGauge, "postmirror_sync_store_bytes",
                              "Size of the store's data.mdb.");
  std::error_code missing;
  const uintmax_t size =
      std::filesystem::file_size(absl::StrCat(folder_, "/data.mdb"), missing);
  if (!missing) bytes.Add({}, static_cast<double>(size));
  MetricFamily reloads = Family(Type::kCounter, "postmirror_sync_reloads_total",
                                "Reloads of postmirror.cf.");
  reloads.Add({{"result", "ok"}}, static_cast<double>(reloads_));
  reloads.Add({{"result", "failed"}}, static_cast<double>(failed_reloads_));
  MetricFamily build = Family(Type::kGauge, "postmirror_sync_build_info",
                              "The version that runs; always 1.");
  build.Add({{"version", POSTMIRROR_VERSION}}, 1);
  families->push_back(std::move(bytes));
  families->push_back(std::move(reloads));
  families->push_back(std::move(build));
}

}  // namespace postmirror
