// What became of one map of a snapshot, for the log, status and metrics.
#ifndef POSTMIRROR_SYNC_MAP_RESULT_H_
#define POSTMIRROR_SYNC_MAP_RESULT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "sync/held_changes.h"
#include "sync/judgement.h"
#include "sync/map_change.h"

namespace postmirror {

struct MapResult {
  std::string map;
  uint64_t entries = 0;  // in the store now
  uint64_t added = 0;
  uint64_t changed = 0;
  uint64_t removed = 0;
  bool filled = false;              // a first fill, or a new definition
  std::optional<HeldChanges> held;  // set: the guard holds the map
  // What waits since a map of the server is broken.
  uint64_t waiting_removals = 0;
  uint64_t waiting_additions = 0;
  std::optional<AcceptOutcome> accept;  // set: there was one
};

// Of a change that is in the store.
MapResult ResultOf(const MapChange& change);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MAP_RESULT_H_
