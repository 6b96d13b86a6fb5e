#include "sync/binlog/byte_reader.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

TEST(ByteReaderTest, TheLeastSignificantByteComesFirst) {
  ByteReader in(
      absl::string_view("\x01\x02\xff\xff\xff\xff\xff\xff\xff\xff", 10));
  EXPECT_EQ(in.Number(2), 0x0201U);
  EXPECT_EQ(in.Number(8), UINT64_MAX);
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.empty());
}

TEST(ByteReaderTest, BeyondTheEndIsNothingForEver) {
  ByteReader in("abc");
  EXPECT_EQ(in.Number(4), 0U);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.Bytes(1), "");
  EXPECT_EQ(in.Bytes(0), "");
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(ByteReader("abc").Bytes(UINT64_MAX), "");
}

TEST(ByteReaderTest, PackedNumbersTakeFewBytes) {
  ByteReader in(
      absl::string_view("\xfa\xfc\x01\x02\xfd\x01\x00\x01\xfe\x01\x00\x00\x00"
                        "\x00\x00\x00\x01\xfb",
                        18));
  EXPECT_EQ(in.PackedNumber(), 250U);
  EXPECT_EQ(in.PackedNumber(), 0x0201U);
  EXPECT_EQ(in.PackedNumber(), 0x010001U);
  EXPECT_EQ(in.PackedNumber(), 0x0100000000000001U);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.PackedNumber(), 0U);
  EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace postmirror
