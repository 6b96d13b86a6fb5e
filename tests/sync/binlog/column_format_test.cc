#include "sync/binlog/column_format.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// "4" bytes, a length of "+2" bytes, "text+2", or "unknown".
std::string FormatOf(uint8_t type, absl::string_view metadata = "") {
  ByteReader in(metadata);
  const std::optional<ColumnFormat> format = ReadColumnFormat(type, &in);
  if (!format.has_value()) return "unknown";
  EXPECT_TRUE(in.empty()) << "metadata is left";
  return format->length_bytes == 0
             ? absl::StrCat(format->fixed_bytes)
             : absl::StrCat(format->is_text ? "text+" : "+",
                            format->length_bytes);
}

std::string Bytes(uint8_t first, uint8_t second) {
  return {static_cast<char>(first), static_cast<char>(second)};
}

TEST(ColumnFormatTest, NumbersAndDatesHaveFixedSizes) {
  EXPECT_EQ(FormatOf(1), "1");               // TINYINT
  EXPECT_EQ(FormatOf(2), "2");               // SMALLINT
  EXPECT_EQ(FormatOf(9), "3");               // MEDIUMINT
  EXPECT_EQ(FormatOf(3), "4");               // INT
  EXPECT_EQ(FormatOf(8), "8");               // BIGINT
  EXPECT_EQ(FormatOf(4, "\x04"), "4");       // FLOAT
  EXPECT_EQ(FormatOf(5, "\x08"), "8");       // DOUBLE
  EXPECT_EQ(FormatOf(13), "1");              // YEAR
  EXPECT_EQ(FormatOf(10), "3");              // DATE
  EXPECT_EQ(FormatOf(14), "3");              // DATE
  EXPECT_EQ(FormatOf(16, "\x01\x02"), "3");  // BIT(17)
}

TEST(ColumnFormatTest, DigitsAfterThePointTakeBytes) {
  EXPECT_EQ(FormatOf(17, Bytes(0, 0).substr(1)), "4");  // TIMESTAMP
  EXPECT_EQ(FormatOf(17, "\x06"), "7");                 // TIMESTAMP(6)
  EXPECT_EQ(FormatOf(18, "\x03"), "7");                 // DATETIME(3)
  EXPECT_EQ(FormatOf(19, "\x01"), "4");                 // TIME(1)
  EXPECT_EQ(FormatOf(19, "\x07"), "unknown");
}

TEST(ColumnFormatTest, DecimalsTakeFourBytesForNineDigits) {
  EXPECT_EQ(FormatOf(246, Bytes(10, 2)), "5");
  EXPECT_EQ(FormatOf(246, Bytes(65, 30)), "30");
  EXPECT_EQ(FormatOf(246, Bytes(18, 9)), "8");
  EXPECT_EQ(FormatOf(246, Bytes(1, 1)), "1");
  EXPECT_EQ(FormatOf(246, Bytes(1, 2)), "unknown");
}

TEST(ColumnFormatTest, StringsHaveTheirLengthBefore) {
  EXPECT_EQ(FormatOf(15, Bytes(255, 0)), "text+1");  // VARCHAR(255)
  EXPECT_EQ(FormatOf(15, Bytes(0, 1)), "text+2");    // VARCHAR(256)
  EXPECT_EQ(FormatOf(254, Bytes(254, 255)), "text+1");
  // The upper bits of 1020 bytes, CHAR(255) of utf8mb4, are in the type.
  EXPECT_EQ(FormatOf(254, Bytes(0xCE, 0xFC)), "text+2");
  EXPECT_EQ(FormatOf(252, "\x01"), "text+1");
  EXPECT_EQ(FormatOf(252, "\x04"), "text+4");
  EXPECT_EQ(FormatOf(252, "\x05"), "unknown");
}

TEST(ColumnFormatTest, OthersAreSkippedButAreNoText) {
  EXPECT_EQ(FormatOf(254, Bytes(247, 2)), "2");  // ENUM
  EXPECT_EQ(FormatOf(254, Bytes(248, 8)), "8");  // SET
  EXPECT_EQ(FormatOf(255, "\x04"), "+4");        // GEOMETRY
  EXPECT_EQ(FormatOf(140, "\x02"), "+2");        // BLOB COMPRESSED
  EXPECT_EQ(FormatOf(141, Bytes(0, 1)), "+2");   // VARCHAR COMPRESSED
}

TEST(ColumnFormatTest, WhatHasNoCertainLengthIsUnknown) {
  for (const int type : {0, 6, 7, 11, 12, 20, 139, 142, 245, 247, 248, 253}) {
    EXPECT_EQ(FormatOf(static_cast<uint8_t>(type), Bytes(1, 0)), "unknown")
        << type;
  }
  EXPECT_EQ(FormatOf(254, Bytes(243, 2)), "unknown");
}

TEST(ColumnFormatTest, MetadataCutShortIsUnknown) {
  for (const int type : {4, 5, 15, 16, 17, 140, 141, 246, 252, 254, 255}) {
    EXPECT_EQ(FormatOf(static_cast<uint8_t>(type)), "unknown") << type;
  }
}

TEST(ColumnFormatTest, TypesOfSqlAreThoseOfTheTableMap) {
  EXPECT_EQ(TypesOf("int"), "\x03");
  EXPECT_EQ(TypesOf("varchar"), "\x0f\x8d\xfd");
  EXPECT_EQ(TypesOf("char"), "\xfe");
  EXPECT_NE(TypesOf("longtext").find('\xfc'), std::string::npos);
  EXPECT_NE(TypesOf("decimal").find('\0'), std::string::npos);
  EXPECT_EQ(TypesOf("inet6"), "") << "any";
}

}  // namespace
}  // namespace postmirror
