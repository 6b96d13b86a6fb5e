// One image of the rows of a rows event: the values before or after the change,
// of those columns that the event has.
#ifndef POSTMIRROR_SYNC_BINLOG_ROW_IMAGE_H_
#define POSTMIRROR_SYNC_BINLOG_ROW_IMAGE_H_

#include <cstddef>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "sync/binlog/byte_reader.h"
#include "sync/binlog/column_format.h"

namespace postmirror {

// Takes a value of the column that stands at `place` in the list of the watched
// ones; returns false when no more is wanted.
using ValueSink = absl::FunctionRef<bool(size_t place, absl::string_view)>;

class RowImage {
 public:
  // An image with the `columns` of a table that the bitmap `present` names, of
  // which those `watched` are looked for.
  RowImage(const std::vector<ColumnFormat>& columns, absl::string_view present,
           const std::vector<size_t>& watched);

  // Whether each watched column is there, and has text that can be read.
  bool HasAllWatched() const { return missing_ == 0; }

  // Takes one image off; NULL is no value. Returns false if it is cut short, or
  // no more is wanted.
  bool Take(ByteReader* in, ValueSink sink) const;

 private:
  struct Column {
    ColumnFormat format;
    std::vector<size_t> places;  // in the list of the watched ones
  };

  std::vector<Column> columns_;
  size_t missing_ = 0;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_ROW_IMAGE_H_
