// What one server's loop tells the operator: changes of state, once when it
// breaks and once when it heals; never traffic.
#ifndef POSTMIRROR_SYNC_LOOP_LOG_H_
#define POSTMIRROR_SYNC_LOOP_LOG_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/logger.h"
#include "sync/mirror_store.h"
#include "sync/snapshot.h"

namespace postmirror {

class LoopLog {
 public:
  LoopLog(const Clock* clock, Logger* logger)
      : clock_(*clock), logger_(*logger) {}

  // The database cannot be mirrored now. Another cause is logged too, at most
  // one a minute; kFailedPrecondition, which only an administrator mends, at
  // once.
  void Broken(const absl::Status& status);

  // A snapshot was applied from `server`; logged after a fault, and where it is
  // another server than before.
  void Healthy(absl::string_view server);

  // The change source in use, and why that one; logged when it changes, as a
  // warning if it is not the one that is configured.
  void Source(absl::string_view name, absl::string_view reason,
              bool as_configured);

  // The map is broken, and why; logged once until it is read again.
  void BrokenMap(const std::string& map, absl::string_view why);
  void MendedMap(const std::string& map);

  // What would make the source better, once; nothing where it is empty.
  void Advice(const std::string& advice);

  // A read of everything found changes that the source had not told of.
  // `gives_up`: another source is taken for that.
  void Untold(absl::string_view map, uint64_t changes, absl::string_view source,
              bool gives_up);

  // Why a host is read that better were not, or that none is any more; once.
  void Doubt(const std::string& doubt);

  // Another replica uses our server_id.
  void ServerIdTaken(uint32_t server_id);

  // Whether the server is a stopped replica cannot be asked; once.
  void ReplicaStateHidden();

  // First fills, held and released maps.
  void Results(const std::vector<MapResult>& results);

  // What a snapshot shows that the administrator should know, each once.
  // `knows_local_domains`: a non-empty mydestination is stated.
  void Oddities(const Snapshot& snapshot, bool knows_local_domains);

 private:
  void Held(const std::string& map, const HeldChanges& held);
  void Once(const std::string& message);

  const Clock& clock_;
  Logger& logger_;
  std::optional<absl::Status> broken_;
  Moment broken_logged_;
  std::string server_;
  std::string source_;
  std::map<std::string, bool> held_;  // maps, and whether new keys wait, too
  std::string doubt_;
  std::set<std::string> broken_maps_;
  std::set<std::string> said_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_LOOP_LOG_H_
