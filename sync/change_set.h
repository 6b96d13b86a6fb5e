// The difference between the store and a snapshot of one map.
#ifndef POSTMIRROR_SYNC_CHANGE_SET_H_
#define POSTMIRROR_SYNC_CHANGE_SET_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "schema/store/store_writer.h"
#include "sync/entry_walk.h"
#include "sync/packed_rows.h"

namespace postmirror {

// Entries to put are named by the number of their first row in the snapshot; in
// deques, since a vector costs three times its size while it grows.
struct ChangeSet {
  std::deque<uint32_t> added;    // keys that are new to the store
  std::deque<uint32_t> changed;  // keys whose entry differs
  PackedRows removed;            // keys that are in the store alone, sorted
  // Digests of the entries that the store has of `changed` and of `removed`, in
  // their order.
  std::deque<uint64_t> changed_from;
  std::deque<uint64_t> removed_entries;
  uint64_t before = 0;  // entries in the store
  uint64_t after = 0;   // entries in the snapshot

  bool empty() const {
    return added.empty() && changed.empty() && removed.size() == 0;
  }
};

// Compares, by one walk over both. `scan` stands before its first entry;
// nullptr stands for a map of which the store has nothing.
absl::StatusOr<ChangeSet> Diff(StoreScan* scan, const PackedRows& rows,
                               const EntryRules& rules);

// The same where `rows` are those of `keys` alone, normalized, and all others
// are as they were: of the `before` entries in the store. kDataLoss where more
// than so many are to be removed.
absl::StatusOr<ChangeSet> DiffKeys(StoreScan& scan, const PackedRows& rows,
                                   const EntryRules& rules,
                                   const std::set<std::string>& keys,
                                   uint64_t before);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_CHANGE_SET_H_
