// What sync asks a server about itself and its tables. Each function sends one
// statement or a few, on the thread that uses the connection, and fails as
// Connection::Query does.
#ifndef POSTMIRROR_SYNC_MARIADB_SERVER_FACTS_H_
#define POSTMIRROR_SYNC_MARIADB_SERVER_FACTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/query/mirror_query.h"
#include "sync/mariadb/connection.h"
#include "sync/mariadb/table_survey.h"  // IWYU pragma: export

namespace postmirror {

// The rows of a SHOW VARIABLES or SHOW STATUS, value by name; those that the
// version does not know are missing.
using Variables = std::map<std::string, std::string>;
absl::StatusOr<Variables> ReadVariables(Connection& connection,
                                        absl::string_view sql);

// InnoDB's log sequence number: any InnoDB change of any database moves it. No
// privilege is needed. Fails with kFailedPrecondition on a server without it.
absl::StatusOr<uint64_t> ReadLsn(Connection& connection);

// A text that two connections have in common iff they lead to the same server
// (host name, server_id, server_uid, port, socket, data folder; those the
// version knows). A restart of the server keeps it. No privilege is needed.
absl::StatusOr<std::string> ReadServerIdentity(Connection& connection);

// The columns of the primary key in its order; empty for a table without one,
// for a view, and where the account may not read every one of them: the server
// then hides the key, and ORDER BY would be refused. An empty database is the
// selected one. Fails with kNotFound when there is no such table, or
// kPermissionDenied when the account has no grant on it.
absl::StatusOr<std::vector<std::string>> ReadPrimaryKey(Connection& connection,
                                                        const TableName& table);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_SERVER_FACTS_H_
