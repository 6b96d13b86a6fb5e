// What of the maps is to be read: as much as may have changed.
#ifndef POSTMIRROR_SYNC_READ_SCOPE_H_
#define POSTMIRROR_SYNC_READ_SCOPE_H_

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "schema/query/mirror_query.h"

namespace postmirror {

struct MapScope {
  bool whole = false;
  // Otherwise the rows with these values in the key column: UTF-8, or bytes in
  // a column of bytes.
  std::set<std::string> values;

  bool empty() const { return !whole && values.empty(); }

  void Widen() {
    whole = true;
    values.clear();
  }

  friend bool operator==(const MapScope&, const MapScope&) = default;
};

struct ReadScope {
  // Whatever else is said: everything, and what the tables are is to be asked
  // anew.
  bool everything = false;
  std::vector<MapScope> maps;  // of a server's plan, in order
  // What is named of them holds only if these are the tables that were surveyed
  // (CheckTables).
  std::set<TableName> unproven = {};

  static ReadScope Everything() { return {.everything = true, .maps = {}}; }

  bool empty() const {
    return !everything &&
           std::all_of(maps.begin(), maps.end(),
                       [](const MapScope& map) { return map.empty(); });
  }

  friend bool operator==(const ReadScope&, const ReadScope&) = default;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_READ_SCOPE_H_
