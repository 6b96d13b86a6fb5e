// Which maps a change in a table concerns, and how the values of a column name
// their keys: from what the tables of one server are to what is looked for in
// its binlog.
#ifndef POSTMIRROR_SYNC_WATCHED_MAPS_H_
#define POSTMIRROR_SYNC_WATCHED_MAPS_H_

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "schema/query/mirror_query.h"
#include "sync/binlog/binlog_group.h"
#include "sync/binlog/watch_list.h"
#include "sync/read_scope.h"

namespace postmirror {

// How the values of a column are taken for keys.
enum class HintText {
  kUtf8,   // as they are: UTF-8
  kAscii,  // only where they are ASCII, in which the character set is UTF-8
  kBytes,  // as they are: bytes
};

// The column whose values name the keys of a map that reads one table alone.
struct KeyHints {
  size_t column = 0;  // in the table, from 0
  HintText text = HintText::kUtf8;

  friend bool operator==(const KeyHints&, const KeyHints&) = default;
};

// What one map reads.
struct MapTables {
  std::map<TableName, WatchedShape> tables;  // in full
  std::optional<KeyHints> hints;             // only with one table
};

class WatchedMaps {
 public:
  // `maps` of a server's plan, in order.
  explicit WatchedMaps(const std::vector<MapTables>& maps);

  const WatchList& list() const { return list_; }

  // Adds to `*scope` what the group, read by list(), may have changed.
  // Unless `values_count`, its values say nothing: the tables may have been
  // altered since list() was made.
  // REQUIRES: a MapScope for each map.
  void Widen(const BinlogGroup& group, bool values_count,
             std::vector<MapScope>* scope) const;

  size_t size() const { return size_; }

 private:
  // One map that reads a table.
  struct Use {
    size_t map = 0;
    std::optional<size_t> column;  // in WatchedTable::columns
    HintText text = HintText::kUtf8;
  };

  void WidenBy(const ChangedTable& change, const Use& use,
               MapScope* scope) const;

  size_t size_;
  WatchList list_;
  std::vector<std::vector<Use>> uses_;  // of each table of list_
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_WATCHED_MAPS_H_
