// How the values of a column stand in a row image, by the column's type and the
// metadata that its table map gives with it.
#ifndef POSTMIRROR_SYNC_BINLOG_COLUMN_FORMAT_H_
#define POSTMIRROR_SYNC_BINLOG_COLUMN_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "sync/binlog/byte_reader.h"

namespace postmirror {

struct ColumnFormat {
  // A value has either its length before it, in so many bytes, or ...
  size_t length_bytes = 0;
  // ... always the same one.
  size_t fixed_bytes = 0;
  // The bytes of a value are what SQL would read, in the column's character
  // set.
  bool is_text = false;

  // The next value, which is taken off.
  absl::string_view Take(ByteReader* in) const {
    return in->Bytes(length_bytes == 0 ? fixed_bytes
                                       : in->Number(length_bytes));
  }
};

// The format of a column of `type`, whose metadata is taken off; nullopt for a
// type that is not exactly known.
std::optional<ColumnFormat> ReadColumnFormat(uint8_t type,
                                             ByteReader* metadata);

// The types that a column of SQL's `data_type` ("varchar") may have in a table
// map, a byte each; empty where it may be any.
std::string TypesOf(absl::string_view data_type);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_COLUMN_FORMAT_H_
