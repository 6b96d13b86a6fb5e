#include "schema/store/tree_search.h"

#include <lmdb.h>

#include <cstring>

namespace postmirror {
namespace {

// The header of a page, as LMDB 0.9 stores it.
struct PageHeader {
  uint64_t number;
  uint16_t padding;
  uint16_t flags;
  uint16_t free_begin;
  uint16_t free_end;
};
constexpr uint16_t kLeaf = 0x02;

// The beginning of the page that `bytes` stand in. A map begins at a page of
// the machine, which is as long or longer.
const char* PageOf(const void* bytes, size_t page_bytes) {
  const size_t offset = reinterpret_cast<uintptr_t>(bytes) % page_bytes;
  return static_cast<const char*>(bytes) - offset;
}

PageHeader HeaderOf(const char* page) {
  PageHeader header;
  std::memcpy(&header, page, sizeof(header));
  return header;
}

absl::string_view Text(const MDB_val& bytes) {
  return {static_cast<const char*>(bytes.mv_data), bytes.mv_size};
}

bool InLeafAtItsPlace(const MDB_val& key, const MappedFile& file) {
  const char* const page = PageOf(key.mv_data, file.page_bytes);
  const PageHeader header = HeaderOf(page);
  const uintptr_t begin = reinterpret_cast<uintptr_t>(page);
  return header.flags == kLeaf &&
         header.number == (begin - file.begin) / file.page_bytes;
}

// LMDB's code for the place that the cursor's search for `key` ended at. The
// neighbours must stand on both sides of it, too: a damaged branch page leads
// to a sound leaf, but a wrong one.
int JudgeMiss(MDB_cursor* cursor, const MappedFile& file, uint64_t entries,
              absl::string_view key, const MDB_val* next) {
  if (next != nullptr &&
      (!InLeafAtItsPlace(*next, file) || Text(*next) <= key)) {
    return MDB_CORRUPTED;
  }
  MDB_val previous = {0, nullptr};
  MDB_val ignored = {0, nullptr};
  const int code = mdb_cursor_get(cursor, &previous, &ignored, MDB_PREV);
  if (code == MDB_NOTFOUND) {
    return next != nullptr || entries == 0 ? MDB_NOTFOUND : MDB_CORRUPTED;
  }
  if (code != MDB_SUCCESS) return code;
  if (!InLeafAtItsPlace(previous, file) || Text(previous) >= key) {
    return MDB_CORRUPTED;
  }
  return MDB_NOTFOUND;
}

}  // namespace

MappedFile FindMappedFile(MDB_env* environment, const void* bytes) {
  MDB_stat pages = {};
  mdb_env_stat(environment, &pages);
  const char* const page = PageOf(bytes, pages.ms_psize);
  return {.begin = reinterpret_cast<uintptr_t>(page) -
                   HeaderOf(page).number * pages.ms_psize,
          .page_bytes = pages.ms_psize};
}

int SearchTree(MDB_cursor* cursor, const MappedFile& file, uint64_t entries,
               absl::string_view key, MDB_val* found) {
  MDB_val next = {key.size(), const_cast<char*>(key.data())};
  const int code = mdb_cursor_get(cursor, &next, found, MDB_SET_RANGE);
  if (code == MDB_NOTFOUND) {
    return JudgeMiss(cursor, file, entries, key, nullptr);
  }
  if (code != MDB_SUCCESS || Text(next) == key) return code;
  return JudgeMiss(cursor, file, entries, key, &next);
}

}  // namespace postmirror
