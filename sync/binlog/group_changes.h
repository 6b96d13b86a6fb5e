// Gathers what the events of one group say about the watched tables.
//
// InnoDB does what foreign keys ask for (ON DELETE CASCADE) without any rows
// event, but a statement has a TABLE_MAP for each table that it may touch in
// that way. So rows are trusted only where their statement maps one table,
// once: where it maps more, or the same one again, each of them is whole.
#ifndef POSTMIRROR_SYNC_BINLOG_GROUP_CHANGES_H_
#define POSTMIRROR_SYNC_BINLOG_GROUP_CHANGES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "sync/binlog/binlog_event.h"
#include "sync/binlog/binlog_group.h"
#include "sync/binlog/binlog_position.h"
#include "sync/binlog/column_format.h"
#include "sync/binlog/rows_event.h"
#include "sync/binlog/watch_list.h"

namespace postmirror {

class GroupChanges {
 public:
  explicit GroupChanges(std::shared_ptr<const WatchList> watched);

  // A TABLE_MAP event.
  void Map(absl::string_view body);
  // A rows event, of any kind.
  void Change(const BinlogEvent& event);
  // A statement ends where its last rows event says so, and here.
  void EndStatement();

  // Tables were closed: one whose files lie open is another where they were
  // replaced before.
  void Flush();

  // Of every table so far any row may have changed.
  void MakeWhole();
  void MakeAnything();

  // The group, which ends at `end`; nullopt if it changes nothing watched.
  std::optional<BinlogGroup> Finish(BinlogPosition end);

 private:
  // A table that the open statement maps.
  struct Mapped {
    uint64_t id = 0;
    std::optional<size_t> table;  // in the watch list
    bool has_rows = false;
    std::optional<std::vector<ColumnFormat>> columns;  // of a watched one
  };

  struct Gathered {
    ChangedTable changed;
    size_t values = 0;
    size_t bytes = 0;
  };

  Gathered& Of(size_t table);
  static void MakeWhole(Gathered* gathered);
  void ReadRows(const RowsEvent& rows, const Mapped& mapped);

  const std::shared_ptr<const WatchList> watched_;
  std::vector<Mapped> mapped_;
  std::vector<Gathered> gathered_;
  bool anything_ = false;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_GROUP_CHANGES_H_
