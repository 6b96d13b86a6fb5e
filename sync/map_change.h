// One map's part of a change of the store: decided first, then done, so that
// the guard has its say before anything is written. What waits is left out.
#ifndef POSTMIRROR_SYNC_MAP_CHANGE_H_
#define POSTMIRROR_SYNC_MAP_CHANGE_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "schema/runtime/clock.h"
#include "schema/store/map_record.h"
#include "schema/store/store_writer.h"
#include "sync/change_set.h"
#include "sync/guard.h"
#include "sync/snapshot.h"

namespace postmirror {

enum class MapStep {
  kNothing,  // the store is equal, or a new definition waits
  kFill,     // into a new sub-database: the first one, or a new definition
  kWrite,    // what does not wait of the change set
};

struct MapChange {
  const MapSnapshot* snapshot = nullptr;
  const MapRecord* record = nullptr;  // what the store has, or nullptr
  ChangeSet changes;
  Judgement judgement;
  MapStep step = MapStep::kNothing;

  // How many of them are done.
  uint64_t added() const;
  uint64_t changed() const;
  uint64_t removed() const;
  // Entries in the map once the change is done.
  uint64_t EntriesAfterwards() const;
};

// What the store has of a map.
struct StoredMap {
  const MapRecord* record;  // or nullptr, if it has none
  StoreWriter* writer;
};

// Compares the snapshot with the store and asks the guard. `stored.record` and
// `map`, which is one of the snapshot's, must outlive the change. kAborted
// where some keys are not enough, since the store has the map under another
// definition or it is held: all of the map is to be read.
absl::StatusOr<MapChange> DecideChange(const Snapshot& snapshot,
                                       const MapSnapshot& map,
                                       const StoredMap& stored, Guard* guard,
                                       const Moment& now);

// Whether the transaction has anything to do for it.
bool ChangesStore(const MapChange& change);

// Writes the change, and the map's record with it.
absl::Status WriteChange(const MapChange& change,
                         StoreTransaction* transaction);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MAP_CHANGE_H_
