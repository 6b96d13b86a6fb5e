#include "sync/packed_rows.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "sync/key_sort.h"

namespace postmirror {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;
constexpr size_t kMaxValues = 65535;  // stands for that many or more
// Of the three numbers before a row's bytes.
constexpr size_t kMaxHeaderBytes = 2 + 3 + 5;

// A number in as few bytes as it needs, seven bits each: most rows have one
// value, and a key and a value of fewer than 128 bytes.
char* WriteNumber(size_t number, char* out) {
  for (; number >= 0x80; number >>= 7) {
    *out++ = static_cast<char>(number | 0x80);
  }
  *out++ = static_cast<char>(number);
  return out;
}

const char* ReadNumber(const char* in, size_t* number) {
  *number = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*in++);
    *number |= static_cast<size_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return in;
  }
}

PackedRows::Row ReadRow(const char* in) {
  PackedRows::Row row;
  size_t key_bytes = 0;
  size_t value_bytes = 0;
  in = ReadNumber(in, &key_bytes);
  in = ReadNumber(in, &row.values);
  in = ReadNumber(in, &value_bytes);
  row.key = {in, key_bytes};
  row.value = {in + key_bytes, value_bytes};
  return row;
}

}  // namespace

void PackedRows::Add(absl::string_view key, absl::string_view value,
                     size_t values) {
  std::array<char, kMaxHeaderBytes> header;
  char* end = WriteNumber(key.size(), header.data());
  end = WriteNumber(std::min(values, kMaxValues), end);
  end = WriteNumber(value.size(), end);
  const auto header_bytes = static_cast<size_t>(end - header.data());
  const size_t bytes = header_bytes + key.size() + value.size();
  if (chunks_.empty() ||
      chunks_.back().capacity - chunks_.back().used < bytes) {
    if (!chunks_.empty()) SortChunk(&chunks_.back());
    const size_t capacity = std::max(kChunkBytes, bytes);
    // Not value-initialized: a chunk's unused rest must not cost memory.
    chunks_.push_back(
        {std::unique_ptr<char[]>(new char[capacity]), capacity, 0, {}});
  }
  Chunk& chunk = chunks_.back();
  char* const out = chunk.bytes.get() + chunk.used;
  std::copy(header.data(), end, out);
  std::copy(key.begin(), key.end(), out + header_bytes);
  std::copy(value.begin(), value.end(), out + header_bytes + key.size());
  chunk.used += bytes;
  used_ += bytes;
  longest_value_ = std::max(longest_value_, value.size());
  ++count_;
}

void PackedRows::SortChunk(Chunk* chunk) {
  const char* const begin = chunk->bytes.get();
  std::vector<SortedKey> keys;
  for (size_t offset = 0; offset < chunk->used;) {
    const Row row = ReadRow(begin + offset);
    keys.push_back({row.key, static_cast<uint32_t>(offset)});
    offset = static_cast<size_t>(row.value.data() + row.value.size() - begin);
  }
  SortKeys(absl::MakeSpan(keys));
  chunk->order.reserve(keys.size());
  for (const SortedKey& key : keys) chunk->order.push_back(key.number);
}

// Chunks that are sorted each: a tournament of their first rows, in which each
// node remembers who lost there, so that the winner's successor plays against
// those alone (Knuth, The Art of Computer Programming, 5.4.1).
class PackedRows::Merge {
 public:
  explicit Merge(std::vector<Chunk>* chunks)
      : chunks_(*chunks),
        heads_(chunks->size()),
        losers_(chunks->size(), kNone) {
    for (size_t chunk = 0; chunk < heads_.size(); ++chunk) {
      Load(chunk);
      Play(chunk);
    }
  }

  // REQUIRES: there is a row left.
  Place Take() {
    const size_t chunk = winner_;
    const Place place =
        (Place{chunk} << 32) | chunks_[chunk].order[heads_[chunk].next];
    ++heads_[chunk].next;
    Load(chunk);
    Play(chunk);
    return place;
  }

 private:
  // Who is not there yet, and wins.
  static constexpr size_t kNone = std::numeric_limits<size_t>::max();
  // Greater than any key's part.
  static constexpr uint64_t kBehindAll = std::numeric_limits<uint64_t>::max();

  struct Head {
    size_t next = 0;  // in the chunk's order
    absl::string_view key;
    // Its beginning, and what follows: so that hardly ever keys are compared.
    uint64_t first = 0;
    uint64_t second = 0;
  };

  void Load(size_t number) {
    Head& head = heads_[number];
    Chunk& chunk = chunks_[number];
    if (head.next == chunk.order.size()) {
      head.key = {};
      head.first = kBehindAll;
      chunk.order = {};
      return;
    }
    const char* const bytes = chunk.bytes.get();
    head.key = ReadRow(bytes + chunk.order[head.next]).key;
    head.first = KeyPart(head.key, 0);
    head.second = GoesOn(head.first) ? KeyPart(head.key, kKeyPartBytes) : 0;
    if (head.next + 1 < chunk.order.size()) {
      __builtin_prefetch(bytes + chunk.order[head.next + 1]);
    }
  }

  bool Wins(size_t one, size_t other) const {
    if (one == kNone || other == kNone) return one == kNone;
    const Head& a = heads_[one];
    const Head& b = heads_[other];
    if (a.first != b.first) return a.first < b.first;
    if (a.second != b.second) return a.second < b.second;
    const int by_key = a.key.compare(b.key);
    return by_key != 0 ? by_key < 0 : one < other;
  }

  void Play(size_t chunk) {
    winner_ = chunk;
    for (size_t node = (chunk + heads_.size()) / 2; node > 0; node /= 2) {
      if (Wins(losers_[node], winner_)) std::swap(losers_[node], winner_);
    }
  }

  std::vector<Chunk>& chunks_;
  std::vector<Head> heads_;
  std::vector<size_t> losers_;
  size_t winner_ = kNone;
};

void PackedRows::Sort() {
  if (chunks_.empty()) return;
  SortChunk(&chunks_.back());
  // Made now, when the number of rows is known: a vector that grows by doubling
  // would cost three times its size.
  order_.reserve(count_);
  Merge merge(&chunks_);
  for (size_t i = 0; i < count_; ++i) order_.push_back(merge.Take());
}

void PackedRows::Prefetch(size_t index) const {
  if (index >= order_.size()) return;
  const Place place = order_[index];
  const char* const row =
      chunks_[place >> 32].bytes.get() + (place & 0xffffffff);
  constexpr size_t kCacheLine = 64;
  __builtin_prefetch(row);
  __builtin_prefetch(row + kCacheLine);
}

PackedRows::Row PackedRows::At(Place place) const {
  return ReadRow(chunks_[place >> 32].bytes.get() + (place & 0xffffffff));
}

}  // namespace postmirror
