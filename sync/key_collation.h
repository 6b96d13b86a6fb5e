// The collation by which the keys of a map are compared, as the server tells
// it.
#ifndef POSTMIRROR_SYNC_KEY_COLLATION_H_
#define POSTMIRROR_SYNC_KEY_COLLATION_H_

#include <string>

#include "absl/status/statusor.h"
#include "sync/collation_tables.h"
#include "sync/mariadb/connection.h"
#include "sync/mirror_plan.h"

namespace postmirror {

// Its name, the same for all SELECTs of the mirror query. Fails with
// kFailedPrecondition where keys cannot be compared as MariaDB does: they are
// no strings, or their collations differ. REQUIRES: the map's database is
// selected.
absl::StatusOr<std::string> ReadKeyCollationName(const MirroredMap& map,
                                                 Connection& connection);

// The collation of that name, or what `mirror_collation` puts in its place.
// Fails with kFailedPrecondition where it cannot be reproduced.
absl::StatusOr<CollationTables::Collation> FindKeyCollation(
    const MirroredMap& map, const std::string& name, Connection& connection,
    CollationTables* collations);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_KEY_COLLATION_H_
