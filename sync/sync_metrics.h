// The metrics of sync: what the loops count, and at a scrape what the status
// board and the store show. Outlives the loops, so that nothing counts down
// when they begin anew.
#ifndef POSTMIRROR_SYNC_SYNC_METRICS_H_
#define POSTMIRROR_SYNC_SYNC_METRICS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/metric_family.h"
#include "sync/mirror_store.h"
#include "sync/status_board.h"

namespace postmirror {

// Any thread may call.
class SyncMetrics {
 public:
  // What was read of the database to be compared.
  enum class Scope { kEverything, kNamed };

  // Upper bounds of how long a diff takes, in seconds: from some keys to a
  // table of ten million rows.
  static constexpr std::array<double, 15> kBoundsSeconds = {
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
      0.25,   0.5,   1,      2.5,   5,    10,    30};

  // `folder` is the environment's. `clock` must outlive it.
  SyncMetrics(absl::string_view folder, const Clock* clock);

  // Tells of the servers and maps on this board from now on, and what the store
  // has of them. Both must outlive that, which ends with the next Watch() or
  // with Forget().
  void Watch(const StatusBoard* board, const MirrorStore* store);
  void Forget();

  // A server of that list of hosts could not be connected to, or asked.
  void CountError(const std::string& hosts);

  // What was read was compared with the store and applied; `took` is from the
  // SELECT on.
  void CountDiff(Scope scope, absl::Duration took,
                 const std::vector<MapResult>& results);

  // A reload ended; `ok`: the new configuration is in force.
  void CountReload(bool ok);

  std::vector<MetricFamily> Collect() const;

 private:
  struct Changes {
    uint64_t added = 0;
    uint64_t changed = 0;
    uint64_t removed = 0;
  };

  struct Diffs {
    std::array<uint64_t, kBoundsSeconds.size() + 1> durations = {};
    double seconds = 0;
  };

  void AddMaps(const SyncStatus& status,
               const std::map<std::string, uint64_t>& stored,
               std::vector<MetricFamily>* families) const;
  void AddServers(const SyncStatus& status,
                  std::vector<MetricFamily>* families) const;
  void AddChanges(const SyncStatus& status,
                  std::vector<MetricFamily>* families) const;
  void AddDiffs(std::vector<MetricFamily>* families) const;
  void AddProcess(std::vector<MetricFamily>* families) const;

  const std::string folder_;
  const Clock& clock_;

  mutable std::mutex mutex_;  // guards all below
  const StatusBoard* board_ = nullptr;
  const MirrorStore* store_ = nullptr;
  std::map<std::string, uint64_t> errors_;  // by hosts
  std::map<std::string, Changes> changes_;  // by map
  std::array<Diffs, 2> diffs_;              // by Scope
  uint64_t reloads_ = 0;
  uint64_t failed_reloads_ = 0;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_SYNC_METRICS_H_
