#include "sync/binlog/row_image.h"

#include <cstdint>

namespace postmirror {
namespace {

bool IsSet(absl::string_view bitmap, size_t bit) {
  return (static_cast<uint8_t>(bitmap[bit / 8]) >> (bit % 8) & 1) != 0;
}

}  // namespace

RowImage::RowImage(const std::vector<ColumnFormat>& columns,
                   absl::string_view present,
                   const std::vector<size_t>& watched)
    : missing_(watched.size()) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!IsSet(present, i)) continue;
    Column column = {columns[i], {}};
    for (size_t place = 0; place < watched.size(); ++place) {
      if (watched[place] != i || !column.format.is_text) continue;
      column.places.push_back(place);
      --missing_;
    }
    columns_.push_back(std::move(column));
  }
}

bool RowImage::Take(ByteReader* in, ValueSink sink) const {
  const absl::string_view nulls = in->Bytes((columns_.size() + 7) / 8);
  if (!in->ok()) return false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (IsSet(nulls, i)) continue;
    const absl::string_view value = columns_[i].format.Take(in);
    if (!in->ok()) return false;
    for (const size_t place : columns_[i].places) {
      if (!sink(place, value)) return false;
    }
  }
  return true;
}

}  // namespace postmirror
