// The rows events: which rows of a table a statement wrote, updated or deleted.
#ifndef POSTMIRROR_SYNC_BINLOG_ROWS_EVENT_H_
#define POSTMIRROR_SYNC_BINLOG_ROWS_EVENT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "sync/binlog/binlog_event.h"
#include "sync/binlog/column_format.h"
#include "sync/binlog/row_image.h"

namespace postmirror {

// Stands for no table, in an event that but ends a statement.
constexpr uint64_t kNoTableId = 0xffffff;

struct RowsEvent {
  EventType type = EventType::kWriteRows;
  uint64_t table_id = 0;
  bool ends_statement = false;
  absl::string_view rows;  // for ReadValues
};

bool IsRowsEvent(EventType type);

// nullopt if the event is cut short. Cheap: most tables do not matter to
// anyone.
std::optional<RowsEvent> ReadRowsEvent(const BinlogEvent& event);

// Gives the values of the `watched` columns to `sink`, of all images of all
// rows of the table that has `columns`. Returns false if these are not all: a
// watched column is not in the event, something is not understood, or no more
// is wanted.
bool ReadValues(const RowsEvent& event,
                const std::vector<ColumnFormat>& columns,
                const std::vector<size_t>& watched, ValueSink sink);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_ROWS_EVENT_H_
