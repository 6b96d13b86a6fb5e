// Why one map cannot be read while its server answers, apart from what stops
// all maps.
#ifndef POSTMIRROR_SYNC_MAP_FAULT_H_
#define POSTMIRROR_SYNC_MAP_FAULT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace postmirror {

struct MapFault {
  std::string map;
  absl::Status status;

  // The error, and what the administrator can do.
  std::string Text() const;
};

// Whether a statement of one map failed for a reason of that map's own: access,
// table, column, view, collation, an entry that is too long. Not where the
// connection is lost, or the server gave the statement up and may not do so the
// next time.
bool IsOfTheMap(const absl::Status& status);

// Whether a log-on failed for a reason of the account's own: the password, its
// limits, TLS. The server answers, and may take another account.
bool IsOfTheAccount(const absl::Status& status);

// All of them in one status, each with its map. REQUIRES: not empty.
absl::Status Joined(const std::vector<MapFault>& faults);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MAP_FAULT_H_
