// A lookup in LMDB whose "not found" can be believed. LMDB 0.9 has no
// checksums: it takes any page with the bit of a leaf for one, and a key that
// garbage does not hold for a key that is missing.
#ifndef POSTMIRROR_SCHEMA_STORE_TREE_SEARCH_H_
#define POSTMIRROR_SCHEMA_STORE_TREE_SEARCH_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

struct MDB_cursor;
struct MDB_env;
struct MDB_val;

namespace postmirror {

// Where LMDB has mapped the data file, and how long its pages are. Every page
// begins with its own number, so that one page tells the place of all others.
struct MappedFile {
  uintptr_t begin = 0;
  size_t page_bytes = 0;
};

// As the page tells that `bytes`, which LMDB returned, stand in. To be called
// inside the guard.
MappedFile FindMappedFile(MDB_env* environment, const void* bytes);

// As mdb_get on the cursor's sub-database, which has so many `entries`. But
// MDB_NOTFOUND is said only where the neighbours of the missing key stand in
// leaf pages, each in its own place; else the code is MDB_CORRUPTED. To be
// called inside the guard.
int SearchTree(MDB_cursor* cursor, const MappedFile& file, uint64_t entries,
               absl::string_view key, MDB_val* found);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_TREE_SEARCH_H_
