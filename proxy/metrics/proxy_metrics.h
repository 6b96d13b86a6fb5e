// The proxy's metrics: what the workers have counted, and what the service
// says of itself at the moment of a scrape.
#ifndef POSTMIRROR_PROXY_METRICS_PROXY_METRICS_H_
#define POSTMIRROR_PROXY_METRICS_PROXY_METRICS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proxy/metrics/lookup_counts.h"
#include "schema/runtime/metric_family.h"

namespace postmirror {

class ProxyMetrics {
 public:
  // What is not counted here.
  struct Standing {
    std::map<std::string, int> connections;  // by ListenerName()
    uint64_t accepted = 0;
    uint64_t turned_away = 0;
    int client_limit = 0;
    bool store_open = false;
  };

  explicit ProxyMetrics(size_t workers);

  // Where that worker counts; owned here.
  LookupCounts* counts(size_t worker) { return counts_[worker].get(); }

  // Lookups are counted from now on, or no longer. Any thread may call.
  void Enable(bool enabled);

  // A reload ended; `ok`: the new configuration is in force. Any thread may
  // call.
  void CountReload(bool ok);

  // Any thread may call.
  std::vector<MetricFamily> Collect(const Standing& standing) const;

 private:
  void AddLookups(std::vector<MetricFamily>* families) const;
  void AddDurations(std::vector<MetricFamily>* families) const;
  void AddReloads(std::vector<MetricFamily>* families) const;

  std::vector<std::unique_ptr<LookupCounts>> counts_;  // one a worker
  std::atomic<uint64_t> reloads_ = 0;
  std::atomic<uint64_t> failed_reloads_ = 0;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_METRICS_PROXY_METRICS_H_
