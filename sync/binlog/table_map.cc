#include "sync/binlog/table_map.h"

#include "sync/binlog/byte_reader.h"

namespace postmirror {
namespace {

// A length, the name, and a NUL.
absl::string_view TakeName(ByteReader* in) {
  const absl::string_view name = in->Bytes(in->Byte());
  in->Bytes(1);
  return name;
}

}  // namespace

std::optional<TableMap> ReadTableMap(absl::string_view body) {
  ByteReader in(body);
  TableMap map;
  map.id = in.Number(6);
  in.Bytes(2);  // flags
  map.database = TakeName(&in);
  map.table = TakeName(&in);
  map.columns = in.rest();
  if (!in.ok()) return std::nullopt;
  return map;
}

std::optional<absl::string_view> ReadTypes(const TableMap& map) {
  ByteReader in(map.columns);
  const absl::string_view types = in.Bytes(in.PackedNumber());
  if (!in.ok()) return std::nullopt;
  return types;
}

std::optional<std::vector<ColumnFormat>> ReadColumns(const TableMap& map) {
  ByteReader in(map.columns);
  const absl::string_view types = in.Bytes(in.PackedNumber());
  ByteReader metadata(in.Bytes(in.PackedNumber()));
  if (!in.ok()) return std::nullopt;
  std::vector<ColumnFormat> columns;
  columns.reserve(types.size());
  for (const char type : types) {
    const std::optional<ColumnFormat> column =
        ReadColumnFormat(static_cast<uint8_t>(type), &metadata);
    if (!column.has_value()) return std::nullopt;
    columns.push_back(*column);
  }
  if (!metadata.empty()) return std::nullopt;
  return columns;
}

}  // namespace postmirror
