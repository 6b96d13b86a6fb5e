// One map's part of a change of the store: decided first, then done, so that
// the guard has its say before anything is written.
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
  kNothing,  // the store is equal, or what differs is held
  kFill,     // into a new sub-database: the first one, or a new definition
  kUpdate,   // the whole change set
  kAdd,      // held: new keys only
};

struct MapChange {
  const MapSnapshot* snapshot = nullptr;
  const MapRecord* record = nullptr;  // what the store has, or nullptr
  ChangeSet changes;
  MapStep step = MapStep::kNothing;

  // Entries in the map once the change is done.
  uint64_t EntriesAfterwards() const;
};

// Compares the snapshot with the store and asks the guard. `record` may be
// nullptr; it and `snapshot` must outlive the change. kAborted where a snapshot
// of some keys does not fit what the store has: all of the map is to be read.
absl::StatusOr<MapChange> DecideChange(const MapSnapshot& snapshot,
                                       const MapRecord* record,
                                       StoreWriter* writer, Guard* guard,
                                       const Moment& now);

// Whether the transaction has anything to do for it.
bool ChangesStore(const MapChange& change);

// Writes the change, and the map's record with it.
absl::Status WriteChange(const MapChange& change,
                         StoreTransaction* transaction);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MAP_CHANGE_H_
