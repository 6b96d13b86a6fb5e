#include "sync/binlog/rows_event.h"

#include <string>

#include "sync/binlog/byte_reader.h"
#include "sync/binlog/inflate.h"

namespace postmirror {
namespace {

constexpr uint64_t kEndsStatement = 0x1;

// Beyond this a table is read again as a whole with less memory.
constexpr size_t kMaxInflatedBytes = size_t{256} << 20;

bool IsUpdate(EventType type) {
  return type == EventType::kUpdateRows ||
         type == EventType::kUpdateRowsCompressed;
}

bool IsCompressed(EventType type) {
  return type == EventType::kWriteRowsCompressed ||
         type == EventType::kUpdateRowsCompressed ||
         type == EventType::kDeleteRowsCompressed;
}

// Version 2, which has more in front of its rows, is MySQL's alone.
bool IsUnderstood(EventType type) {
  return type == EventType::kWriteRows || type == EventType::kUpdateRows ||
         type == EventType::kDeleteRows || IsCompressed(type);
}

bool TakeRows(ByteReader* in, const std::vector<RowImage>& images,
              ValueSink sink) {
  while (!in->empty()) {
    const size_t before = in->rest().size();
    for (const RowImage& image : images) {
      if (!image.Take(in, sink)) return false;
    }
    // A row of no bytes would come again and again.
    if (in->rest().size() == before) return false;
  }
  return true;
}

}  // namespace

bool IsRowsEvent(EventType type) {
  switch (type) {
    case EventType::kWriteRows:
    case EventType::kUpdateRows:
    case EventType::kDeleteRows:
    case EventType::kWriteRowsV2:
    case EventType::kUpdateRowsV2:
    case EventType::kDeleteRowsV2:
    case EventType::kWriteRowsCompressed:
    case EventType::kUpdateRowsCompressed:
    case EventType::kDeleteRowsCompressed:
    case EventType::kWriteRowsCompressedV2:
    case EventType::kUpdateRowsCompressedV2:
    case EventType::kDeleteRowsCompressedV2:
      return true;
    default:
      return false;
  }
}

std::optional<RowsEvent> ReadRowsEvent(const BinlogEvent& event) {
  ByteReader in(event.body);
  RowsEvent rows;
  rows.type = event.header.type;
  rows.table_id = in.Number(6);
  rows.ends_statement = (in.Number(2) & kEndsStatement) != 0;
  rows.rows = in.rest();
  if (!in.ok()) return std::nullopt;
  return rows;
}

bool ReadValues(const RowsEvent& event,
                const std::vector<ColumnFormat>& columns,
                const std::vector<size_t>& watched, ValueSink sink) {
  if (!IsUnderstood(event.type)) return false;
  ByteReader in(event.rows);
  if (in.PackedNumber() != columns.size()) return false;
  std::vector<RowImage> images;
  for (int i = 0; i < (IsUpdate(event.type) ? 2 : 1); ++i) {
    const absl::string_view present = in.Bytes((columns.size() + 7) / 8);
    if (!in.ok()) return false;
    images.emplace_back(columns, present, watched);
    if (!images.back().HasAllWatched()) return false;
  }
  if (!IsCompressed(event.type)) return TakeRows(&in, images, sink);
  const std::optional<std::string> inflated =
      Inflate(in.rest(), kMaxInflatedBytes);
  if (!inflated.has_value()) return false;
  ByteReader inflated_in(*inflated);
  return TakeRows(&inflated_in, images, sink);
}

}  // namespace postmirror
