#include "sync/binlog/column_format.h"

#include <array>
#include <vector>

#include "absl/algorithm/container.h"

namespace postmirror {
namespace {

// https://mariadb.com/kb/en/table_map_event/
//
// Left out are those that no MariaDB server writes. Without a format are those
// whose values have a length that no metadata tells: the TIMESTAMP, TIME and
// DATETIME of before MySQL 5.6, which may have digits after the point; and what
// tables of before MySQL 5.0 have.
enum class ColumnType : uint8_t {
  kDecimalOfOld = 0,
  kTiny = 1,
  kShort = 2,
  kLong = 3,
  kFloat = 4,
  kDouble = 5,
  kTimestampOfOld = 7,
  kLongLong = 8,
  kInt24 = 9,
  kDate = 10,
  kTimeOfOld = 11,
  kDatetimeOfOld = 12,
  kYear = 13,
  kNewDate = 14,
  kVarchar = 15,
  kBit = 16,
  kTimestamp2 = 17,
  kDatetime2 = 18,
  kTime2 = 19,
  kBlobCompressed = 140,
  kVarcharCompressed = 141,
  kNewDecimal = 246,
  kEnum = 247,
  kSet = 248,
  kTinyBlob = 249,
  kMediumBlob = 250,
  kLongBlob = 251,
  kBlob = 252,
  kVarcharOfOld = 253,
  kString = 254,
  kGeometry = 255,
};

ColumnFormat Fixed(size_t bytes) { return {.fixed_bytes = bytes}; }

std::optional<ColumnFormat> Decimal(ByteReader* metadata) {
  // Nine digits take four bytes, fewer take these.
  constexpr std::array<size_t, 9> kBytesOfDigits = {0, 1, 1, 2, 2, 3, 3, 4, 4};
  const size_t precision = metadata->Byte();
  const size_t scale = metadata->Byte();
  if (scale > precision) return std::nullopt;
  const auto bytes = [&](size_t digits) {
    return digits / 9 * 4 + kBytesOfDigits[digits % 9];
  };
  return Fixed(bytes(precision - scale) + bytes(scale));
}

ColumnFormat Bit(ByteReader* metadata) {
  const size_t bits = metadata->Byte();
  const size_t bytes = metadata->Byte();
  return Fixed(bytes + (bits + 7) / 8);
}

// A point in time with digits after the point, two in a byte.
std::optional<ColumnFormat> Time(size_t bytes, ByteReader* metadata) {
  const size_t digits = metadata->Byte();
  if (digits > 6) return std::nullopt;
  return Fixed(bytes + (digits + 1) / 2);
}

ColumnFormat Varying(size_t max_bytes, bool is_text) {
  return {.length_bytes = max_bytes > 255 ? size_t{2} : size_t{1},
          .is_text = is_text};
}

std::optional<ColumnFormat> Blob(ByteReader* metadata, bool is_text) {
  const size_t length_bytes = metadata->Byte();
  if (length_bytes < 1 || length_bytes > 4) return std::nullopt;
  return ColumnFormat{.length_bytes = length_bytes, .is_text = is_text};
}

// CHAR and BINARY, and what hides behind them. The two highest bits of a length
// of up to 1023 bytes stand in the real type, inverted, so that those of old
// are the same.
std::optional<ColumnFormat> String(ByteReader* metadata) {
  constexpr unsigned kLengthBits = 0x30;
  const unsigned first = metadata->Byte();
  const unsigned second = metadata->Byte();
  const auto real = static_cast<ColumnType>(first | kLengthBits);
  if (real == ColumnType::kString) {
    const unsigned high = (first & kLengthBits) ^ kLengthBits;
    return Varying(second | (high << 4), /*is_text=*/true);
  }
  if (real != static_cast<ColumnType>(first)) return std::nullopt;
  if (real == ColumnType::kEnum || real == ColumnType::kSet) {
    return Fixed(second);
  }
  return std::nullopt;
}

std::optional<ColumnFormat> FormatOf(ColumnType type, ByteReader* metadata) {
  switch (type) {
    case ColumnType::kTiny:
    case ColumnType::kYear:
      return Fixed(1);
    case ColumnType::kShort:
      return Fixed(2);
    case ColumnType::kInt24:
    case ColumnType::kDate:
    case ColumnType::kNewDate:
      return Fixed(3);
    case ColumnType::kLong:
      return Fixed(4);
    case ColumnType::kLongLong:
      return Fixed(8);
    case ColumnType::kFloat:
    case ColumnType::kDouble:
      return Fixed(metadata->Byte());
    case ColumnType::kTimestamp2:
      return Time(4, metadata);
    case ColumnType::kDatetime2:
      return Time(5, metadata);
    case ColumnType::kTime2:
      return Time(3, metadata);
    case ColumnType::kNewDecimal:
      return Decimal(metadata);
    case ColumnType::kBit:
      return Bit(metadata);
    case ColumnType::kString:
      return String(metadata);
    case ColumnType::kVarchar:
    case ColumnType::kVarcharCompressed:
      return Varying(metadata->Number(2), type == ColumnType::kVarchar);
    case ColumnType::kBlobCompressed:
    case ColumnType::kGeometry:
      return Blob(metadata, /*is_text=*/false);
    case ColumnType::kTinyBlob:
    case ColumnType::kMediumBlob:
    case ColumnType::kLongBlob:
    case ColumnType::kBlob:
      return Blob(metadata, /*is_text=*/true);
    case ColumnType::kEnum:  // only ever behind kString
    case ColumnType::kSet:
    case ColumnType::kDecimalOfOld:
    case ColumnType::kTimestampOfOld:
    case ColumnType::kTimeOfOld:
    case ColumnType::kDatetimeOfOld:
    case ColumnType::kVarcharOfOld:
      break;
  }
  return std::nullopt;
}

struct SqlTypes {
  std::vector<absl::string_view> data_types;
  std::vector<ColumnType> types;
};

// Not the types that MariaDB adds from version to version.
const std::vector<SqlTypes>& KnownSqlTypes() {
  static const auto& types = *new std::vector<SqlTypes>{
      {{"tinyint"}, {ColumnType::kTiny}},
      {{"smallint"}, {ColumnType::kShort}},
      {{"mediumint"}, {ColumnType::kInt24}},
      {{"int"}, {ColumnType::kLong}},
      {{"bigint"}, {ColumnType::kLongLong}},
      {{"float"}, {ColumnType::kFloat}},
      {{"double"}, {ColumnType::kDouble}},
      {{"decimal"}, {ColumnType::kNewDecimal, ColumnType::kDecimalOfOld}},
      {{"bit"}, {ColumnType::kBit}},
      {{"year"}, {ColumnType::kYear}},
      {{"date"}, {ColumnType::kDate, ColumnType::kNewDate}},
      {{"time"}, {ColumnType::kTime2, ColumnType::kTimeOfOld}},
      {{"datetime"}, {ColumnType::kDatetime2, ColumnType::kDatetimeOfOld}},
      {{"timestamp"}, {ColumnType::kTimestamp2, ColumnType::kTimestampOfOld}},
      {{"char", "binary"}, {ColumnType::kString}},
      {{"enum", "set"},
       {ColumnType::kString, ColumnType::kEnum, ColumnType::kSet}},
      {{"varchar", "varbinary"},
       {ColumnType::kVarchar, ColumnType::kVarcharCompressed,
        ColumnType::kVarcharOfOld}},
      {{"tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob",
        "mediumblob", "longblob"},
       {ColumnType::kBlob, ColumnType::kTinyBlob, ColumnType::kMediumBlob,
        ColumnType::kLongBlob, ColumnType::kBlobCompressed}}};
  return types;
}

}  // namespace

std::optional<ColumnFormat> ReadColumnFormat(uint8_t type,
                                             ByteReader* metadata) {
  std::optional<ColumnFormat> format =
      FormatOf(static_cast<ColumnType>(type), metadata);
  if (!metadata->ok()) return std::nullopt;
  return format;
}

std::string TypesOf(absl::string_view data_type) {
  std::string bytes;
  for (const SqlTypes& known : KnownSqlTypes()) {
    if (!absl::c_linear_search(known.data_types, data_type)) continue;
    for (const ColumnType type : known.types) {
      bytes.push_back(static_cast<char>(type));
    }
  }
  return bytes;
}

}  // namespace postmirror
