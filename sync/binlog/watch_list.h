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

struct WatchedTable {
  std::string database;
  std::string table;
  // The places of its key columns, from 0; none where no key can be named.
  std::vector<size_t> columns;
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
