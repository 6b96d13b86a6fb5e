#include "sync/binlog/event_decoder.h"

#include <zlib.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sync/binlog/byte_reader.h"

namespace postmirror {
namespace {

constexpr size_t kChecksumBytes = 4;
constexpr size_t kFlagsOffset = 17;

constexpr uint16_t kBinlogVersion = 4;
constexpr size_t kServerVersionBytes = 50;

constexpr uint8_t kAlgorithmNone = 0;
constexpr uint8_t kAlgorithmCrc32 = 1;
// Where the server strips the checksums of a file for its client.
constexpr uint8_t kAlgorithmUndefined = 255;

EventHeader ReadHeader(absl::string_view bytes) {
  ByteReader in(bytes);
  EventHeader header;
  in.Bytes(4);  // timestamp
  header.type = static_cast<EventType>(in.Byte());
  in.Bytes(4);  // server id
  header.length = static_cast<uint32_t>(in.Number(4));
  header.end = static_cast<uint32_t>(in.Number(4));
  header.flags = static_cast<uint16_t>(in.Number(2));
  return header;
}

// Whether the last bytes are the checksum of all before them.
bool EndsInChecksum(absl::string_view bytes) {
  if (bytes.size() < kEventHeaderBytes + kChecksumBytes) return false;
  const absl::string_view checked =
      bytes.substr(0, bytes.size() - kChecksumBytes);
  ByteReader last(bytes.substr(checked.size()));
  return crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()),
                 checked.size()) == last.Number(kChecksumBytes);
}

// The server sets and clears the in-use flag in the file without a new
// checksum.
bool EndsInChecksumButForInUse(absl::string_view bytes) {
  if (EndsInChecksum(bytes)) return true;
  std::string cleared(bytes);
  cleared[kFlagsOffset] = static_cast<char>(
      static_cast<uint8_t>(cleared[kFlagsOffset]) & ~unsigned{kEventFlagInUse});
  return EndsInChecksum(cleared);
}

// Whether each event before its body has the shape that we read.
bool HasKnownHeads(absl::string_view lengths) {
  const auto is = [lengths](EventType type, char length) {
    const size_t place = static_cast<size_t>(type) - 1;
    return place < lengths.size() && lengths[place] == length;
  };
  return is(EventType::kQuery, 13) && is(EventType::kTableMap, 8) &&
         is(EventType::kWriteRows, 8) && is(EventType::kUpdateRows, 8) &&
         is(EventType::kDeleteRows, 8);
}

absl::Status Broken(const EventHeader& header, absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("binlog event of type ", static_cast<int>(header.type),
                   " that ends at ", header.end, ": ", what));
}

// What stands outside any file has a checksum or none as the server thinks
// right at that moment, before the first format description too.
bool StandsInNoFile(const EventHeader& header) {
  return (header.flags & kEventFlagArtificial) != 0 ||
         header.type == EventType::kHeartbeat;
}

}  // namespace

absl::StatusOr<BinlogEvent> EventDecoder::Decode(absl::string_view bytes) {
  if (bytes.size() < kEventHeaderBytes) {
    return absl::DataLossError("binlog event without a whole header");
  }
  const EventHeader header = ReadHeader(bytes);
  if (header.length != bytes.size()) {
    return Broken(header, absl::StrCat("has ", bytes.size(), " of ",
                                       header.length, " bytes"));
  }
  if (header.type == EventType::kFormatDescription) {
    return DecodeFormat(header, bytes);
  }
  absl::string_view body = bytes.substr(kEventHeaderBytes);
  if (StandsInNoFile(header)) {
    if (EndsInChecksum(bytes)) body.remove_suffix(kChecksumBytes);
    return BinlogEvent{header, body};
  }
  if (checksums_ == Checksums::kUnknown) {
    return Broken(header, "before any format description");
  }
  if (checksums_ == Checksums::kCrc32) {
    if (!EndsInChecksum(bytes)) return Broken(header, "wrong checksum");
    body.remove_suffix(kChecksumBytes);
  }
  return BinlogEvent{header, body};
}

absl::StatusOr<BinlogEvent> EventDecoder::DecodeFormat(
    const EventHeader& header, absl::string_view bytes) {
  ByteReader in(bytes.substr(kEventHeaderBytes));
  const uint64_t version = in.Number(2);
  in.Bytes(kServerVersionBytes);
  in.Bytes(4);  // when the file was begun
  const uint8_t header_bytes = in.Byte();
  // The algorithm and a place for the checksum are always there.
  if (!in.ok() || in.rest().size() < 1 + kChecksumBytes) {
    return Broken(header, "format description cut short");
  }
  absl::string_view lengths = in.rest();
  lengths.remove_suffix(1 + kChecksumBytes);
  if (version != kBinlogVersion || header_bytes != kEventHeaderBytes ||
      !HasKnownHeads(lengths)) {
    return Broken(header, "format not known");
  }
  const auto algorithm = static_cast<uint8_t>(in.rest()[lengths.size()]);
  if (algorithm == kAlgorithmCrc32) {
    if (!EndsInChecksumButForInUse(bytes)) {
      return Broken(header, "wrong checksum");
    }
    checksums_ = Checksums::kCrc32;
  } else if (algorithm == kAlgorithmNone || algorithm == kAlgorithmUndefined) {
    checksums_ = Checksums::kNone;
  } else {
    return Broken(header, "checksums of an algorithm not known");
  }
  absl::string_view body = bytes.substr(kEventHeaderBytes);
  body.remove_suffix(kChecksumBytes);
  return BinlogEvent{header, body};
}

}  // namespace postmirror
