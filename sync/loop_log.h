// What one server's loop tells the operator: changes of state, once when it
// breaks and once when it heals; never traffic.
#ifndef POSTMIRROR_SYNC_LOOP_LOG_H_
#define POSTMIRROR_SYNC_LOOP_LOG_H_

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
  // one a minute.
  void Broken(const absl::Status& status);

  // A snapshot was applied from `server`.
  void Healthy(absl::string_view server);

  // The change source in use, and why that one; logged when it changes.
  void Source(absl::string_view name, absl::string_view reason);

  // First fills, held and released maps.
  void Results(const std::vector<MapResult>& results);

  // What a snapshot shows that the administrator should know, each once.
  // `knows_local_domains`: a non-empty mydestination is stated.
  void Oddities(const Snapshot& snapshot, bool knows_local_domains);

 private:
  void Once(const std::string& message);

  const Clock& clock_;
  Logger& logger_;
  std::optional<absl::Status> broken_;
  Moment broken_logged_;
  std::string source_;
  std::map<std::string, std::string> held_;  // map -> digest
  std::set<std::string> said_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_LOOP_LOG_H_
