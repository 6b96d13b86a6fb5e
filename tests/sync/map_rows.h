// Rows, maps and snapshots as tests write them down, without a server.
#ifndef POSTMIRROR_TESTS_SYNC_MAP_ROWS_H_
#define POSTMIRROR_TESTS_SYNC_MAP_ROWS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sync/mirror_plan.h"
#include "sync/packed_rows.h"
#include "sync/snapshot.h"

namespace postmirror {

// Key and value; a row each, in the order of the database.
using KeyValues = std::vector<std::pair<std::string, std::string>>;

inline PackedRows PackRows(const KeyValues& rows) {
  PackedRows packed;
  for (const auto& [key, value] : rows) packed.Add(key, value, 1);
  packed.Sort();
  return packed;
}

// Keys k0, k1, ... with one value.
inline KeyValues Numbered(int from, int to, const std::string& value = "v") {
  KeyValues rows;
  for (int i = from; i < to; ++i)
    rows.emplace_back(absl::StrCat("k", i), value);
  return rows;
}

inline MirroredMap MakeMap(const std::string& name,
                           const std::string& definition = "first") {
  return {.name = name,
          .dbname = "mailserver",
          .query = {},
          .result_format = *ResultFormat::Parse("%s"),
          .domain = {},
          .rules = {},
          .definition = definition + "\n"};
}

inline MapSnapshot SnapMap(const MirroredMap& map, const KeyValues& rows) {
  MapSnapshot snapshot;
  snapshot.map = &map;
  snapshot.collation =
      std::make_shared<const StoredCollation>(MakeStoredCollation(
          {.name = "utf8mb4_general_ci", .ranges = {}, .sequences = {}}));
  snapshot.rows = PackRows(rows);
  return snapshot;
}

// A snapshot of one map.
inline Snapshot Snap(const MirroredMap& map, const KeyValues& rows) {
  Snapshot snapshot;
  snapshot.maps.push_back(SnapMap(map, rows));
  return snapshot;
}

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_MAP_ROWS_H_
