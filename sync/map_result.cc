#include "sync/map_result.h"

namespace postmirror {

MapResult ResultOf(const MapChange& change) {
  MapResult result;
  result.map = change.snapshot->map->name;
  result.entries = change.EntriesAfterwards();
  result.filled = change.step == MapStep::kFill;
  result.added = change.added();
  result.changed = change.changed();
  result.removed = change.removed();
  result.held = change.judgement.held;
  result.waiting_removals = change.judgement.waiting_removals;
  result.waiting_additions = change.judgement.waiting_additions;
  result.accept = change.judgement.accept;
  return result;
}

}  // namespace postmirror
