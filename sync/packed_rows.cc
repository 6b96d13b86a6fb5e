#include "sync/packed_rows.h"

#include <algorithm>
#include <cstring>

namespace postmirror {
namespace {

struct RowHeader {
  uint32_t value_bytes;
  uint16_t key_bytes;
  uint16_t values;  // 65535 stands for that many or more
};

constexpr size_t kChunkBytes = size_t{1} << 20;
constexpr size_t kMaxValues = 65535;

}  // namespace

void PackedRows::Add(absl::string_view key, absl::string_view value,
                     size_t values) {
  const size_t bytes = sizeof(RowHeader) + key.size() + value.size();
  if (chunks_.empty() ||
      chunks_.back().capacity - chunks_.back().used < bytes) {
    const size_t capacity = std::max(kChunkBytes, bytes);
    // Not value-initialized: a chunk's unused rest must not cost memory.
    chunks_.push_back(
        {std::unique_ptr<char[]>(new char[capacity]), capacity, 0});
  }
  Chunk& chunk = chunks_.back();
  const RowHeader header = {
      .value_bytes = static_cast<uint32_t>(value.size()),
      .key_bytes = static_cast<uint16_t>(key.size()),
      .values = static_cast<uint16_t>(std::min(values, kMaxValues))};
  char* out = chunk.bytes.get() + chunk.used;
  std::memcpy(out, &header, sizeof(header));
  std::copy(key.begin(), key.end(), out + sizeof(header));
  std::copy(value.begin(), value.end(), out + sizeof(header) + key.size());
  chunk.used += bytes;
  ++count_;
}

void PackedRows::Sort() {
  // Made now, when the number of rows is known: a vector that grows by doubling
  // would cost three times its size.
  order_.reserve(count_);
  for (size_t i = 0; i < chunks_.size(); ++i) {
    for (size_t offset = 0; offset < chunks_[i].used;) {
      const Place place = (Place{i} << 32) | offset;
      order_.push_back(place);
      const Row row = At(place);
      offset += sizeof(RowHeader) + row.key.size() + row.value.size();
    }
  }
  // A place is greater the later its row was added.
  std::sort(order_.begin(), order_.end(), [this](Place a, Place b) {
    const int by_key = At(a).key.compare(At(b).key);
    return by_key != 0 ? by_key < 0 : a < b;
  });
}

PackedRows::Row PackedRows::At(Place place) const {
  const char* in = chunks_[place >> 32].bytes.get() + (place & 0xffffffff);
  RowHeader header;
  std::memcpy(&header, in, sizeof(header));
  in += sizeof(header);
  return {.key = {in, header.key_bytes},
          .value = {in + header.key_bytes, header.value_bytes},
          .values = header.values};
}

}  // namespace postmirror
