// The TABLE_MAP event: which table stands behind a number in the rows events of
// the same statement, and what its rows look like.
#ifndef POSTMIRROR_SYNC_BINLOG_TABLE_MAP_H_
#define POSTMIRROR_SYNC_BINLOG_TABLE_MAP_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "sync/binlog/column_format.h"

namespace postmirror {

struct TableMap {
  uint64_t id = 0;
  absl::string_view database;
  absl::string_view table;
  absl::string_view columns;  // for ReadTypes and ReadColumns
};

// nullopt if the event is cut short. Cheap: most tables do not matter to
// anyone.
std::optional<TableMap> ReadTableMap(absl::string_view body);

// The type of each column, a byte each; nullopt if the event is cut short.
std::optional<absl::string_view> ReadTypes(const TableMap& map);

// nullopt if a column's values could not be skipped, so that no row can be
// read.
std::optional<std::vector<ColumnFormat>> ReadColumns(const TableMap& map);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_TABLE_MAP_H_
