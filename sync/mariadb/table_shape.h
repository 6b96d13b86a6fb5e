// What a table is: the columns of its rows, and when it became what it is. Rows
// that the binlog has are told by their place, so that they mean something only
// as long as the table is that.
#ifndef POSTMIRROR_SYNC_MARIADB_TABLE_SHAPE_H_
#define POSTMIRROR_SYNC_MARIADB_TABLE_SHAPE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/query/mirror_query.h"
#include "sync/mariadb/connection.h"

namespace postmirror {

struct TableColumn {
  size_t place = 0;  // in the table, from 0
  std::string name;
  std::string data_type;    // "varchar"
  std::string charset;      // "utf8mb4"; empty for bytes
  bool is_virtual = false;  // computed when it is read
  std::string expression;   // of a computed one
  // All else: its full type, its collation, its part in the keys.
  std::string further;

  friend bool operator==(const TableColumn&, const TableColumn&) = default;
};

struct TableShape {
  TableName name;      // as the server spells it
  std::string type;    // TABLE_TYPE of information_schema.TABLES
  std::string engine;  // empty for a view
  // CREATE_TIME, in seconds: InnoDB moves it when the table is altered or
  // renamed, FLUSH TABLES and the server's restart do not.
  std::string created;
  // That was long enough before the question, so that it differs as soon as
  // another table has taken this one's place. Never so with another engine,
  // where a renamed table keeps it.
  bool settled = false;
  // Those that the account sees, in order; none of a view.
  std::vector<TableColumn> columns;

  // nullptr where there is none. ASCII case does not count.
  const TableColumn* Find(absl::string_view column) const;

  // Whether both are the same, as far as it was asked.
  bool IsSameAs(const TableShape& other) const;
};

// TableShape::settled, of a row of information_schema.TABLES; NULL of a view.
inline constexpr absl::string_view kIsSettled =
    "ENGINE = 'InnoDB' AND"
    " ABS(TIMESTAMPDIFF(SECOND, CREATE_TIME, NOW())) >= 2";

// nullopt where the account sees no such table. SELECT on any column is enough,
// and shows that column. Fails as Connection::Query does.
absl::StatusOr<std::optional<TableShape>> ReadTableShape(
    Connection& connection, const TableName& table);

// The same inside an open transaction, to whose end nobody can alter the table.
absl::StatusOr<std::optional<TableShape>> PinTableShape(Connection& connection,
                                                        const TableName& table);

// The condition by which a SELECT finds the table in information_schema.
std::string InformationSchemaKey(const Connection& connection,
                                 const TableName& table);

// Whether an index finds the rows with a value of the column.
absl::StatusOr<bool> IsIndexed(Connection& connection, const TableName& table,
                               absl::string_view column);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_TABLE_SHAPE_H_
