// What a group of events, one transaction or one statement of its own, may have
// changed, as far as it matters to a watch list.
#ifndef POSTMIRROR_SYNC_BINLOG_BINLOG_GROUP_H_
#define POSTMIRROR_SYNC_BINLOG_BINLOG_GROUP_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sync/binlog/binlog_position.h"
#include "sync/binlog/watch_list.h"

namespace postmirror {

// A table as a table map event describes it. The server gives a table a new
// number whenever it opens the definition. So while the server runs, a number
// means one definition of one table.
struct TableVersion {
  uint64_t id = 0;
  std::string columns;  // as they stand in the table map

  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend auto operator<=>(const TableVersion&, const TableVersion&) = default;
};

struct ChangedTable {
  size_t table = 0;                      // in WatchList::tables()
  std::set<TableVersion> versions = {};  // in which it was changed
  // Any row may have changed: the keys below are not all.
  bool whole = false;
  // For each of its watched columns the values in the rows before and after the
  // change, as bytes in the column's character set; NULL is left out.
  std::vector<std::set<std::string>> values;
};

struct BinlogGroup {
  BinlogPosition end;
  // Something was not understood exactly: DDL, a statement in its text, XA, an
  // incident, a table that is not the one that is watched. Every table may have
  // changed, and be another one.
  bool anything = false;
  std::vector<ChangedTable> tables;  // each once; empty if anything
  std::shared_ptr<const WatchList> watched = nullptr;  // what it was read by

  bool matters() const { return anything || !tables.empty(); }
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_BINLOG_GROUP_H_
