#include "tests/sync/binlog/event_builder.h"

#include <zlib.h>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

constexpr size_t kChecksumBytes = 4;

std::string Checksum(absl::string_view bytes) {
  return Little(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()),
      kChecksumBytes);
}

std::string Bitmap(const std::vector<bool>& bits) {
  std::string bitmap((bits.size() + 7) / 8, '\0');
  for (size_t i = 0; i < bits.size(); ++i) {
    if (bits[i]) {
      bitmap[i / 8] = static_cast<char>(static_cast<uint8_t>(bitmap[i / 8]) |
                                        (1U << (i % 8)));
    }
  }
  return bitmap;
}

std::string Images(const std::vector<FakeRow>& rows) {
  std::string images;
  for (const FakeRow& row : rows) {
    std::vector<bool> nulls;
    std::string values;
    for (const std::optional<std::string>& value : row) {
      nulls.push_back(!value.has_value());
      absl::StrAppend(&values, value.value_or(""));
    }
    absl::StrAppend(&images, Bitmap(nulls), values);
  }
  return images;
}

std::string RowsHead(uint64_t id, int images, size_t columns, uint16_t flags) {
  std::string head =
      absl::StrCat(Little(id, 6), Little(flags, 2), Little(columns, 1));
  for (int i = 0; i < images; ++i) {
    absl::StrAppend(&head, Bitmap(std::vector<bool>(columns, true)));
  }
  return head;
}

}  // namespace

std::string Little(uint64_t number, size_t bytes) {
  std::string little;
  for (; bytes > 0; --bytes, number >>= 8) {
    little.push_back(static_cast<char>(number & 0xff));
  }
  return little;
}

FakeColumn Text() { return {15, Little(100, 2)}; }
FakeColumn Int() { return {3, ""}; }

std::string Short(absl::string_view value) {
  return absl::StrCat(Little(value.size(), 1), value);
}

std::string TableMapBody(uint64_t id, absl::string_view name,
                         const std::vector<FakeColumn>& columns) {
  std::string types;
  std::string metadata;
  for (const FakeColumn& column : columns) {
    types.push_back(static_cast<char>(column.type));
    absl::StrAppend(&metadata, column.metadata);
  }
  return absl::StrCat(Little(id, 6), Little(1, 2), Short("mail"), Little(0, 1),
                      Short(name), Little(0, 1), Short(types), Short(metadata),
                      Bitmap(std::vector<bool>(columns.size(), true)));
}

std::string RowsBody(uint64_t id, int images, const std::vector<FakeRow>& rows,
                     uint16_t flags) {
  return absl::StrCat(RowsHead(id, images, rows.at(0).size(), flags),
                      Images(rows));
}

std::string CompressedRowsBody(uint64_t id, const std::vector<FakeRow>& rows) {
  return absl::StrCat(RowsHead(id, 1, rows.at(0).size(), 1),
                      Deflate(Images(rows)));
}

std::string QueryBody(absl::string_view text) {
  return absl::StrCat(Little(7, 4), Little(0, 4), Little(4, 1), Little(0, 2),
                      Little(3, 2), "sts", "mail", Little(0, 1), text);
}

std::string Deflate(absl::string_view bytes) {
  std::string deflated(compressBound(bytes.size()), '\0');
  uLongf size = deflated.size();
  compress(reinterpret_cast<Bytef*>(deflated.data()), &size,
           reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  deflated.resize(size);
  return absl::StrCat("\x82", Little(bytes.size() >> 8, 1),
                      Little(bytes.size() & 0xff, 1), deflated);
}

std::string FormatBody(uint8_t algorithm) {
  std::string lengths(171, '\0');
  const auto set = [&lengths](EventType type, char length) {
    lengths[static_cast<size_t>(type) - 1] = length;
  };
  set(EventType::kQuery, 13);
  set(EventType::kTableMap, 8);
  set(EventType::kWriteRows, 8);
  set(EventType::kUpdateRows, 8);
  set(EventType::kDeleteRows, 8);
  return absl::StrCat(Little(4, 2), std::string(50, '\0'), Little(0, 4),
                      Little(19, 1), lengths, Little(algorithm, 1));
}

std::string EventBuilder::Wrap(EventType type, absl::string_view body,
                               uint32_t end, uint16_t flags,
                               bool checksum) const {
  const size_t length =
      kEventHeaderBytes + body.size() + (checksum ? kChecksumBytes : 0);
  std::string event = absl::StrCat(
      Little(0, 4), Little(static_cast<uint8_t>(type), 1), Little(1, 4),
      Little(length, 4), Little(end, 4), Little(flags, 2), body);
  if (checksum) absl::StrAppend(&event, Checksum(event));
  return event;
}

std::string EventBuilder::Event(EventType type, absl::string_view body,
                                uint16_t flags) {
  const bool checksum =
      algorithm_ != kNone || type == EventType::kFormatDescription;
  offset_ += kEventHeaderBytes + body.size() + (checksum ? kChecksumBytes : 0);
  return Wrap(type, body, static_cast<uint32_t>(offset_), flags, checksum);
}

std::string EventBuilder::Format() {
  return Event(EventType::kFormatDescription, FormatBody(algorithm_));
}

std::string EventBuilder::Gtid(uint8_t flags) {
  return Event(EventType::kGtid, absl::StrCat(Little(1, 8), Little(0, 4),
                                              Little(flags, 1), Little(0, 6)));
}

std::string EventBuilder::FakeRotate(absl::string_view file, uint64_t offset) {
  return Wrap(EventType::kRotate, absl::StrCat(Little(offset, 8), file), 0,
              kEventFlagArtificial, algorithm_ != kNone);
}

std::string EventBuilder::Heartbeat(absl::string_view file, uint64_t offset) {
  const bool is_large = offset > UINT32_MAX;
  return Wrap(EventType::kHeartbeat,
              absl::StrCat(is_large ? Little(offset, 8) : "", file),
              is_large ? 0 : static_cast<uint32_t>(offset), 0,
              algorithm_ != kNone);
}

}  // namespace postmirror
