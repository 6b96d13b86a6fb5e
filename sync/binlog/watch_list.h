// Which tables matter to the maps, and those columns of theirs whose values are
// keys: what BinlogGroupReader looks for.
#ifndef POSTMIRROR_SYNC_BINLOG_WATCH_LIST_H_
#define POSTMIRROR_SYNC_BINLOG_WATCH_LIST_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postmirror {

// What must be known of a table to understand its events.
struct WatchedShape {
  // The types that each column may have in a table map, a byte each, by its
  // place; an empty one is any. More columns may follow, which are not known.
  std::vector<std::string> types = {};
  // Its files may be replaced by others before a FLUSH TABLES.
  bool has_open_files = false;
};

struct WatchedTable {
  std::string database;
  std::string table;
  // The places of its key columns, from 0; none where no key can be named.
  std::vector<size_t> columns;
  WatchedShape shape = {};

  // Whether a table map with these types, a byte each, can be of it.
  bool Fits(absl::string_view mapped_types) const;
};

// Neither a database nor a table twice.
class WatchList {
 public:
  explicit WatchList(std::vector<WatchedTable> tables);

  const std::vector<WatchedTable>& tables() const { return tables_; }

  // The number of a table in tables(), or nullopt. Where none is spelled so,
  // ASCII case does not count: on a server whose names have no case it must
  // not, and elsewhere one table too many is a hint too many.
  std::optional<size_t> Find(absl::string_view database,
                             absl::string_view table) const;

 private:
  std::vector<WatchedTable> tables_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_WATCH_LIST_H_
