// What a server says of the column whose values are a map's keys.
#ifndef POSTMIRROR_SYNC_MARIADB_KEY_COLUMN_H_
#define POSTMIRROR_SYNC_MARIADB_KEY_COLUMN_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "schema/query/mirror_query.h"
#include "sync/mariadb/connection.h"

namespace postmirror {

struct KeyColumn {
  size_t index = 0;         // in the table, from 0
  std::string data_type;    // "varchar"
  std::string charset;      // "utf8mb4"; empty for bytes
  bool is_virtual = false;  // computed when it is read
  bool indexed = false;     // an index begins with it
};

// nullopt where the account sees no such column. SELECT on the column is
// enough. Fails as Connection::Query does.
absl::StatusOr<std::optional<KeyColumn>> ReadKeyColumn(
    Connection& connection, const TableName& table, const std::string& column);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_KEY_COLUMN_H_
