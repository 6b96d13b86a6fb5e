// The rows of one map as a snapshot read them: normalized key and value,
// packed, so that a million of them can wait in memory while the database's
// transaction is closed already. At most 150 bytes a row for keys and values of
// up to 64 bytes, 8 of its place in the change set included; what else a read
// costs is in schema/README.md.
#ifndef POSTMIRROR_SYNC_PACKED_ROWS_H_
#define POSTMIRROR_SYNC_PACKED_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"

namespace postmirror {

class PackedRows {
  // Where a row stands: its chunk in the upper half, its offset in the lower.
  using Place = uint64_t;

 public:
  struct Row {
    absl::string_view key;
    absl::string_view value;  // the row's column values, formatted and joined
    size_t values = 0;        // how many column values those are
  };

  // Appends a row. REQUIRES: key.size() <= kMaxKeyBytes; value.size() < 4 GiB;
  // Sort was not called.
  void Add(absl::string_view key, absl::string_view value, size_t values);

  // Orders the rows by key, and rows of one key as they were added. REQUIRED
  // before row().
  void Sort();

  size_t size() const { return count_; }

  // What the rows take in memory, with their order.
  size_t memory_bytes() const {
    return used_ + count_ * (sizeof(uint32_t) + sizeof(Place));
  }
  size_t longest_value() const { return longest_value_; }

  // Row number `index` in order. Valid as long as the rows live unchanged.
  Row row(size_t index) const { return At(order_[index]); }

  // Begins to bring a row, if there is one of that number, into the processor's
  // cache: rows that follow one another in order do not do so in memory.
  void Prefetch(size_t index) const;

 private:
  // Some rows in the order in which they were added. They are put in order as
  // soon as the chunk is full, while they are still in the cache and the server
  // is busy with further ones.
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    size_t capacity = 0;
    size_t used = 0;
    std::vector<uint32_t> order;  // offsets
  };
  class Merge;

  static void SortChunk(Chunk* chunk);
  Row At(Place place) const;

  std::vector<Chunk> chunks_;
  size_t count_ = 0;
  size_t used_ = 0;  // of all chunks
  size_t longest_value_ = 0;
  std::vector<Place> order_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_PACKED_ROWS_H_
