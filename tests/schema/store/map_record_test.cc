#include "schema/store/map_record.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

MapRecord FullRecord() {
  MapRecord record;
  record.sub_database = "m7";
  record.definition = "dbname mail\nSELECT a, b FROM c";
  record.domain = {"example.org",
                   "b\xC3\xBC"
                   "cher.example"};
  record.key_collation = "utf8mb4_general_ci";
  record.utf8 = false;
  record.entries = uint64_t{1} << 40;
  record.unstorable_rows = std::numeric_limits<uint64_t>::max();
  return record;
}

// The first offsets of the encoding: version, then the sub-database's name.
constexpr size_t kVersionOffset = 0;
constexpr size_t kNameSizeOffset = 8;

std::string Changed(std::string bytes, size_t offset, char byte) {
  bytes[offset] = byte;
  return bytes;
}

TEST(MapRecordTest, ComesBackAsItWas) {
  for (const MapRecord& record : {FullRecord(), MapRecord()}) {
    const auto decoded = DecodeMapRecord(EncodeMapRecord(record));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, record);
  }
}

TEST(MapRecordTest, TextMayHoldAnyByte) {
  MapRecord record;
  record.definition = std::string("\0\xff\n", 3);
  const auto decoded = DecodeMapRecord(EncodeMapRecord(record));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->definition, record.definition);
}

TEST(MapRecordTest, EveryTruncationIsDataLoss) {
  const std::string bytes = EncodeMapRecord(FullRecord());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(CodeOf(DecodeMapRecord(bytes.substr(0, size)).status()),
              "DATA_LOSS")
        << size;
  }
}

TEST(MapRecordTest, BytesBehindTheEndAreDataLoss) {
  const std::string bytes = EncodeMapRecord(FullRecord());
  EXPECT_EQ(CodeOf(DecodeMapRecord(bytes + '\0').status()), "DATA_LOSS");
  EXPECT_EQ(CodeOf(DecodeMapRecord(bytes + bytes).status()), "DATA_LOSS");
}

TEST(MapRecordTest, AnotherVersionIsDataLoss) {
  const std::string bytes = EncodeMapRecord(FullRecord());
  for (const char version : {'\0', '\2'}) {
    const std::string changed = Changed(bytes, kVersionOffset, version);
    EXPECT_EQ(CodeOf(DecodeMapRecord(changed).status()), "DATA_LOSS");
  }
}

TEST(MapRecordTest, ALengthBeyondTheEndIsDataLoss) {
  const std::string bytes = EncodeMapRecord(FullRecord());
  for (size_t i = 0; i < 8; ++i) {
    const std::string changed = Changed(bytes, kNameSizeOffset + i, '\xff');
    EXPECT_EQ(CodeOf(DecodeMapRecord(changed).status()), "DATA_LOSS") << i;
  }
}

TEST(MapRecordTest, ACountOfDomainsBeyondTheEndIsDataLoss) {
  const std::string bytes = EncodeMapRecord(MapRecord());
  // The version and two empty texts stand before the count.
  for (size_t i = 24; i < 32; ++i) {
    EXPECT_EQ(CodeOf(DecodeMapRecord(Changed(bytes, i, '\xff')).status()),
              "DATA_LOSS")
        << i;
  }
}

TEST(MapRecordTest, AFlagOtherThanZeroOrOneIsDataLoss) {
  const std::string bytes = EncodeMapRecord(MapRecord());
  // Four numbers stand at the end, the flag first.
  const size_t flag = bytes.size() - 32;
  EXPECT_TRUE(DecodeMapRecord(Changed(bytes, flag, 0)).ok());
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(CodeOf(DecodeMapRecord(Changed(bytes, flag + i, 2)).status()),
              "DATA_LOSS")
        << i;
  }
}

TEST(MapRecordTest, NoChangedByteCrashesTheDecoder) {
  const std::string bytes = EncodeMapRecord(FullRecord());
  for (size_t offset = 0; offset < bytes.size(); ++offset) {
    for (int byte = 0; byte < 256; ++byte) {
      const auto decoded =
          DecodeMapRecord(Changed(bytes, offset, static_cast<char>(byte)));
      // Nothing is lost or made up in what can be decoded at all.
      if (decoded.ok()) {
        EXPECT_EQ(EncodeMapRecord(*decoded).size(), bytes.size());
      } else {
        EXPECT_EQ(CodeOf(decoded.status()), "DATA_LOSS");
      }
    }
  }
}

TEST(MapRecordTest, EqualsOnlyItsLike) {
  EXPECT_EQ(FullRecord(), FullRecord());
  MapRecord other = FullRecord();
  other.unstorable_rows = 0;
  EXPECT_NE(other, FullRecord());
}

}  // namespace
}  // namespace postmirror
