// A server that writes what it likes into its binlog: a stream of events, each
// behind its length in two bytes. A first byte of 1 asks for the checksums and
// lengths to be mended, so that what is inside is looked at.
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sync/binlog/binlog_event.h"
#include "sync/binlog/binlog_group_reader.h"
#include "tests/fuzz/fuzz_input.h"

namespace postmirror {
namespace {

constexpr size_t kLengthOffset = 9;
constexpr size_t kTypeOffset = 4;

void Put(uint64_t number, size_t bytes, size_t offset, std::string* out) {
  for (size_t i = 0; i < bytes; ++i, number >>= 8) {
    (*out)[offset + i] = static_cast<char>(number & 0xff);
  }
}

std::string WithChecksum(std::string event) {
  if (event.size() < kEventHeaderBytes) return event;
  Put(event.size() + 4, 4, kLengthOffset, &event);
  const uLong checksum =
      crc32_z(0, reinterpret_cast<const Bytef*>(event.data()), event.size());
  event.append(4, '\0');
  Put(checksum, 4, event.size() - 4, &event);
  return event;
}

// Checksums by CRC32, and the lengths that the reader knows.
std::string Format() {
  std::string event(kEventHeaderBytes + 57 + 171 + 1, '\0');
  event[kTypeOffset] = static_cast<char>(EventType::kFormatDescription);
  event[kEventHeaderBytes] = 4;
  event[kEventHeaderBytes + 56] = kEventHeaderBytes;
  for (const auto& [type, length] :
       {std::pair{2, 13}, {19, 8}, {23, 8}, {24, 8}, {25, 8}}) {
    event[kEventHeaderBytes + 56 + static_cast<size_t>(type)] =
        static_cast<char>(length);
  }
  event.back() = 1;
  return WithChecksum(event);
}

void CheckGroup(const BinlogGroup& group, const WatchList& watched) {
  Require(group.matters(), "a group that is returned matters");
  Require(!group.anything || group.tables.empty(), "anything names no table");
  std::vector<bool> seen(watched.tables().size());
  for (const ChangedTable& table : group.tables) {
    Require(table.table < seen.size(), "a table is a watched one");
    Require(!seen[table.table], "each table once");
    seen[table.table] = true;
    Require(table.values.size() == watched.tables()[table.table].columns.size(),
            "each watched column has its values");
  }
}

std::string TakeEvent(FuzzInput* input, size_t size) {
  std::string event;
  while (event.size() < size) {
    event.push_back(static_cast<char>(input->Byte()));
  }
  return event;
}

void CheckStream(FuzzInput input) {
  const auto watched =
      std::make_shared<const WatchList>(std::vector<WatchedTable>{
          {"mail", "aliases", {1, 2}},
          {"mail", "domains", {0}},
          {"mail", "whole", {}, {.types = {"\x0f", ""}}},
          {"mail", "open", {}, {.has_open_files = true}}});
  BinlogGroupReader reader({"bin.000001", 4});
  const bool mend = input.Byte() == 1;
  if (mend) Require(reader.Take(Format(), watched).ok(), "a format is read");
  while (!input.rest().empty()) {
    size_t size = input.Byte();
    size = std::min(size | size_t{input.Byte()} << 8, input.rest().size());
    std::string event = TakeEvent(&input, size);
    const auto group =
        reader.Take(mend ? WithChecksum(std::move(event)) : event, watched);
    if (!group.ok()) return;
    if (group->has_value()) CheckGroup(**group, *watched);
  }
}

}  // namespace
}  // namespace postmirror

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  postmirror::CheckStream(postmirror::FuzzInput(bytes, size));
  return 0;
}
