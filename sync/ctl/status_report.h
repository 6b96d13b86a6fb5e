// The status of a mirror, as the administrator and a monitoring system want it.
#ifndef POSTMIRROR_SYNC_CTL_STATUS_REPORT_H_
#define POSTMIRROR_SYNC_CTL_STATUS_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "schema/config/config.h"
#include "schema/runtime/clock.h"
#include "schema/status/proxy_status.h"
#include "sync/sync_status.h"

namespace postmirror {

// The exit codes of a monitoring plugin.
enum class Health { kOk = 0, kWarning = 1, kCritical = 2, kUnknown = 3 };

// What the store has of a map.
struct MapContents {
  uint64_t entries = 0;
  std::string key_collation;  // not known while the proxy does not answer
};

// What is known, gathered before it is judged.
struct Findings {
  // Why the proxy does not answer, kPermissionDenied where this user may not
  // ask, kInternal where this process cannot; or OK, also where postmirror.cf
  // has no status_socket.
  absl::Status proxy_answers;
  std::optional<ProxyStatus> proxy;
  absl::Status store;  // why all lookups are temporary, or OK
  // Why this user may not see how sync is, or OK.
  absl::Status sync_shown;
  // To which group status_folder belongs, where that is known; or "".
  std::string status_group;
  bool sync_runs = false;
  std::optional<SyncStatus> sync;  // nothing: the file is missing or damaged
  std::vector<std::string> maps;   // those of postmirror.cf
  std::vector<ParameterMaps> parameters;           // that have them there
  std::vector<std::optional<MapContents>> stored;  // of each map
  absl::Duration reconcile_interval;
  absl::Duration broken_map_critical;
  Moment now;
};

struct MapReport {
  std::string name;
  std::string state;  // "filled", "held", "broken", "not filled"
  uint64_t entries = 0;
  std::string key_collation;
  std::optional<absl::Duration> freshness;  // nothing: not known
  uint64_t held_removals = 0;
  uint64_t held_values = 0;
  std::optional<uint64_t> held_additions;  // nothing: new keys are applied
  std::string held_digest;
  std::string held_reason;
  std::string broken;                        // why, or empty
  std::optional<absl::Duration> broken_for;  // nothing: not known
  // Because another map of the server is broken.
  uint64_t waiting_removals = 0;
  uint64_t waiting_additions = 0;
};

// What waits of a held map: "8 removals".
std::string HeldText(const MapReport& map);

// For how long a map is broken, in whole seconds: " for 5m"; "" where that is
// not known.
std::string ForHowLong(const MapReport& map);

struct StatusReport {
  Health health = Health::kUnknown;
  std::string summary;  // one line
  std::optional<ProxyStatus> proxy;
  std::vector<MapReport> maps;
  std::vector<ServerStatus> servers;
};

// Judges: critical where a map is not filled, held, or broken for longer than
// broken_map_critical, its lookups are temporary, the store cannot be read or
// written, or a daemon is down or stuck; else unknown where this user may not
// see how one is; warning where the proxy was not reloaded, or waits for a
// minute at most until a map is filled, a map is broken, the database cannot be
// read, the host that is read may lack changes, a host would not do
// (ServerStatus::unfit), the change source is not the configured one, or
// freshness is over what the change source promises: 10 seconds, with interval
// alone three reconcile intervals; else OK.
StatusReport Judge(const Findings& findings);

std::string FormatText(const StatusReport& report);
std::string FormatJson(const StatusReport& report);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_CTL_STATUS_REPORT_H_
