// Counts what this test program allocates, to show what a snapshot's rows cost
// together with the change set that puts them all.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "sync/change_set.h"
#include "sync/packed_rows.h"

namespace {

std::atomic<size_t> bytes_now{0};
std::atomic<size_t> bytes_peak{0};

void* Allocate(size_t size) {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  bytes_now += malloc_usable_size(memory);
  bytes_peak = std::max(bytes_peak.load(), bytes_now.load());
  return memory;
}

void Release(void* memory) {
  if (memory != nullptr) bytes_now -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return Allocate(size); }
void* operator new[](size_t size) { return Allocate(size); }
void operator delete(void* memory) noexcept { Release(memory); }
void operator delete[](void* memory) noexcept { Release(memory); }
void operator delete(void* memory, size_t) noexcept { Release(memory); }
void operator delete[](void* memory, size_t) noexcept { Release(memory); }

namespace postmirror {
namespace {

// What a row may cost at most, keys and values of 64 bytes, as schema/README.md
// states it.
constexpr size_t kBytesPerRow = 150;
// Rows are kept in chunks of so many bytes, of which the last may be unused.
constexpr size_t kChunkBytes = size_t{1} << 20;

// Just over a power of two: the worst moment of what grows by doubling.
constexpr size_t kRows = (size_t{1} << 18) + 1;

std::string Padded(size_t number) {
  std::string text = absl::StrCat(number);
  return std::string(64 - text.size(), '0') + text;
}

TEST(PackedRowsMemoryTest, ARowCostsAtMost150BytesFromTheReadToTheChangeSet) {
  const size_t before = bytes_now;
  bytes_peak = before;
  PackedRows rows;
  for (size_t i = kRows; i > 0; --i) rows.Add(Padded(i), Padded(i), 1);
  rows.Sort();
  const absl::StatusOr<ChangeSet> changes = Diff(nullptr, rows, {});
  ASSERT_TRUE(changes.ok());
  ASSERT_EQ(changes->added.size(), kRows);
  EXPECT_GE(bytes_now - before, kRows * 128) << "nothing was counted";
  EXPECT_LE(bytes_peak - before, kRows * kBytesPerRow + kChunkBytes)
      << static_cast<double>(bytes_peak - before) / kRows << " bytes a row";
}

}  // namespace
}  // namespace postmirror
