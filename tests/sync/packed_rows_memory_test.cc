// Counts what this test program allocates, to show what a snapshot's rows cost
// together with their change set, and what LMDB takes while they are written.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "sync/change_set.h"
#include "sync/map_change.h"
#include "sync/packed_rows.h"
#include "tests/sync/map_rows.h"
#include "tests/sync/temporary_folder.h"

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
// Else the library's own one, whose memory our delete must not be given.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return operator new(size);
}
void operator delete(void* memory) noexcept { Release(memory); }
void operator delete[](void* memory) noexcept { Release(memory); }
void operator delete(void* memory, size_t) noexcept { Release(memory); }
void operator delete[](void* memory, size_t) noexcept { Release(memory); }

namespace postmirror {
namespace {

// What a row may cost at most, keys and values of 64 bytes, as schema/README.md
// states it: where rows are added or changed, where the map is full of other
// keys until then, and for both in LMDB while a transaction writes them.
constexpr size_t kBytesPerRow = 150;
constexpr size_t kBytesPerReplacedRow = 300;
constexpr size_t kBytesPerFilledRow = 200;
constexpr size_t kBytesPerRewrittenRow = 500;
// Rows are kept in chunks of so many bytes, of which the last may be unused.
constexpr size_t kChunkBytes = size_t{1} << 20;

// Just over a power of two: the worst moment of what grows by doubling.
constexpr size_t kRows = (size_t{1} << 18) + 1;

std::string Padded(size_t number) {
  std::string text = absl::StrCat(number);
  return std::string(64 - text.size(), '0') + text;
}

// Keys of even numbers, or of odd ones: each lies between two of the others.
PackedRows MakeRows(size_t odd) {
  PackedRows rows;
  for (size_t i = kRows; i > 0; --i) {
    rows.Add(Padded(2 * i + odd), Padded(i), 1);
  }
  rows.Sort();
  return rows;
}

double PerRow(size_t bytes) { return static_cast<double>(bytes) / kRows; }

// A sanitizer's allocator does not answer mallinfo2(3).
bool LibraryIsCounted() { return mallinfo2().arena > 0; }

// LMDB allocates its pages by malloc(3), past the operators above.
size_t LibraryBytes() {
  const struct mallinfo2 all = mallinfo2();
  return all.uordblks + all.hblkhd - bytes_now;
}

TEST(PackedRowsMemoryTest, ARowCostsAtMost150BytesFromTheReadToTheChangeSet) {
  const size_t before = bytes_now;
  bytes_peak = before;
  const PackedRows rows = MakeRows(0);
  const absl::StatusOr<ChangeSet> changes = Diff(nullptr, rows, {});
  ASSERT_TRUE(changes.ok());
  ASSERT_EQ(changes->added.size(), kRows);
  EXPECT_GE(bytes_now - before, kRows * 128) << "nothing was counted";
  EXPECT_LE(bytes_peak - before, kRows * kBytesPerRow + kChunkBytes)
      << PerRow(bytes_peak - before) << " bytes a row";
}

class ReplacementMemoryTest : public testing::Test {
 protected:
  // Makes the store equal to the rows, and records what that took at its
  // height.
  void Write(size_t odd, double max_shrink = 1) {
    MapSnapshot snapshot;
    snapshot.collation = std::make_shared<const StoredCollation>(
        MakeStoredCollation({.name = "any", .ranges = {}, .sequences = {}}));
    const size_t before = bytes_now;
    bytes_peak = before;
    snapshot.map = &map_;
    snapshot.rows = MakeRows(odd);
    const auto writer = StoreWriter::Open(folder_.path());
    ASSERT_TRUE(writer.ok()) << writer.status();
    const auto records = (*writer)->ReadRecords();
    ASSERT_TRUE(records.ok());
    const auto record = records->find(map_.name);
    Guard guard(max_shrink);
    const auto change = DecideChange(
        Snapshot(), snapshot,
        {record == records->end() ? nullptr : &record->second, writer->get()},
        &guard, Moment());
    ASSERT_TRUE(change.ok()) << change.status();
    added_ = change->changes.added.size();
    removed_ = change->changes.removed.size();
    const size_t idle = LibraryBytes();
    const auto transaction = (*writer)->Begin();
    ASSERT_EQ(WriteChange(*change, transaction->get()), absl::OkStatus());
    in_lmdb_ = LibraryBytes() - idle;
    ASSERT_EQ((*transaction)->Commit(), absl::OkStatus());
    ours_ = bytes_peak - before;
  }

  const MirroredMap map_ = MakeMap("/aliases.cf");
  const TemporaryFolder folder_;
  size_t added_ = 0;
  size_t removed_ = 0;
  size_t ours_ = 0;     // at the peak
  size_t in_lmdb_ = 0;  // before the commit
};

TEST_F(ReplacementMemoryTest, AFillAndAFullReplacementCostWhatIsStated) {
  Write(0);
  ASSERT_EQ(added_, kRows);
  EXPECT_LE(ours_, kRows * kBytesPerRow + kChunkBytes) << PerRow(ours_);
  if (LibraryIsCounted()) {
    EXPECT_LE(in_lmdb_, kRows * kBytesPerFilledRow) << PerRow(in_lmdb_);
    EXPECT_GE(in_lmdb_, kRows * 128) << "nothing was counted";
  }
  Write(1);
  ASSERT_EQ(added_, kRows);
  ASSERT_EQ(removed_, kRows);
  EXPECT_LE(ours_, kRows * kBytesPerReplacedRow + kChunkBytes) << PerRow(ours_);
  if (LibraryIsCounted()) {
    EXPECT_LE(in_lmdb_, kRows * kBytesPerRewrittenRow) << PerRow(in_lmdb_);
  }
}

TEST_F(ReplacementMemoryTest, AReplacementThatIsHeldCostsNoMore) {
  Write(0);
  Write(1, 0.5);
  ASSERT_EQ(added_, kRows);
  ASSERT_EQ(removed_, kRows);
  EXPECT_LE(ours_, kRows * kBytesPerReplacedRow + kChunkBytes) << PerRow(ours_);
}

}  // namespace
}  // namespace postmirror
