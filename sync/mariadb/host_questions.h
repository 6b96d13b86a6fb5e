// What sync asks a host to know which data it has (HostFacts). Each sends one
// statement or a few and fails as Connection::Query does. No privilege is
// needed.
#ifndef POSTMIRROR_SYNC_MARIADB_HOST_QUESTIONS_H_
#define POSTMIRROR_SYNC_MARIADB_HOST_QUESTIONS_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sync/host_facts.h"
#include "sync/mariadb/connection.h"

namespace postmirror {

// What the host has at least: every snapshot that is opened from now on shows
// it. A transaction stands in the binlog before it is visible, with a
// semi-synchronous replica for as long as that takes, so that the binlog's end
// is not taken for it. `tables` are those whose CREATE_TIME is asked; the
// host's entry is the caller's to set. REQUIRES: no transaction is open.
absl::StatusOr<HostFacts> ReadHostFacts(
    Connection& connection, const std::map<TableName, std::string>& tables);

// Who the host is, and nothing of what it has.
absl::StatusOr<HostFacts> ReadHostIdentity(Connection& connection);

// What the open transaction shows at most: of GTIDs, and with the other one of
// the log positions and the cluster. Leaves the rest of the facts as it is.
absl::Status ReadHighestGtids(Connection& connection, HostFacts* facts);
absl::Status ReadHighestPositions(Connection& connection, HostTraits* traits);

// Whether two connections lead to one server now. Sure, unlike all that it says
// of itself: a lock of the one is looked for through the other.
absl::StatusOr<bool> LeadToOneServer(Connection& one, Connection& other);

// Sets the CREATE_TIME of each table; drops those that are not visible.
absl::Status ReadCreateTimes(Connection& connection,
                             std::map<TableName, std::string>* created);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_HOST_QUESTIONS_H_
