// A change set as the guard sees it: in digests, with what it is a part of.
#ifndef POSTMIRROR_SYNC_JUDGED_CHANGE_H_
#define POSTMIRROR_SYNC_JUDGED_CHANGE_H_

#include <cstdint>
#include <vector>

#include "schema/config/map_file.h"
#include "sync/key_set.h"

namespace postmirror {

// A key whose entry differs.
struct KeyChange {
  uint64_t key = 0;
  uint64_t from = 0;
  uint64_t to = 0;
};

enum class Redefinition {
  kNone,
  // Only the collation of the key column is new, and the rows could not be read
  // by the store's as well: the values are what they were.
  kCollation,
  kMapFile,  // the administrator's: so are other values
};

struct JudgedChange {
  // Needed only where the guard remembers keys of the map, or may begin to:
  // where others are removed or changed.
  std::vector<KeyEntry> added;
  std::vector<KeyEntry> removed;
  std::vector<KeyChange> changed;
  uint64_t before = 0;  // entries in the store
  uint64_t after = 0;   // entries in the database

  GuardScope scope = GuardScope::kValues;
  Redefinition redefinition = Redefinition::kNone;
  // The map has a new collation, and its rows are compared by the store's until
  // nothing waits any more.
  bool by_stored = false;
  bool is_first_fill = false;
  bool is_whole = true;         // all keys were read
  bool uncontained = false;     // Snapshot
  bool contained = false;       // Snapshot
  bool removals_wait = false;   // Snapshot
  bool additions_wait = false;  // MapSnapshot

  uint64_t added_count() const { return after + removed.size() - before; }
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_JUDGED_CHANGE_H_
