#include "sync/watched_maps.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "schema/key/utf8.h"

namespace postmirror {
namespace {

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isascii(static_cast<unsigned char>(c));
  });
}

bool IsUnderstood(const std::string& value, HintText text) {
  switch (text) {
    case HintText::kUtf8:
      return IsUtf8(value);
    case HintText::kAscii:
      return IsAscii(value);
    case HintText::kBytes:
      return true;
  }
  return false;
}

// The tables of all maps, each once, with every column that names keys.
std::vector<WatchedTable> Tables(const std::vector<MapTables>& maps) {
  struct Watched {
    std::set<size_t> columns;
    WatchedShape shape;
  };
  std::map<TableName, Watched> tables;
  for (const MapTables& map : maps) {
    for (const auto& [name, shape] : map.tables) {
      Watched& watched = tables[name];
      watched.shape = shape;
      if (map.hints.has_value()) watched.columns.insert(map.hints->column);
    }
  }
  std::vector<WatchedTable> list;
  list.reserve(tables.size());
  for (const auto& [name, watched] : tables) {
    list.push_back(
        {name.database, name.table,
         std::vector<size_t>(watched.columns.begin(), watched.columns.end()),
         watched.shape});
  }
  return list;
}

}  // namespace

WatchedMaps::WatchedMaps(const std::vector<MapTables>& maps)
    : size_(maps.size()), list_(Tables(maps)), uses_(list_.tables().size()) {
  for (size_t i = 0; i < list_.tables().size(); ++i) {
    const WatchedTable& table = list_.tables()[i];
    for (size_t map = 0; map < maps.size(); ++map) {
      if (!maps[map].tables.contains({table.database, table.table})) continue;
      Use use = {.map = map, .column = std::nullopt, .text = HintText::kUtf8};
      if (const std::optional<KeyHints>& hints = maps[map].hints;
          hints.has_value()) {
        const auto column = std::find(table.columns.begin(),
                                      table.columns.end(), hints->column);
        use.column = static_cast<size_t>(column - table.columns.begin());
        use.text = hints->text;
      }
      uses_[i].push_back(use);
    }
  }
}

void WatchedMaps::Widen(const BinlogGroup& group, bool values_count,
                        std::vector<MapScope>* scope) const {
  for (const ChangedTable& change : group.tables) {
    for (const Use& use : uses_[change.table]) {
      MapScope& map = (*scope)[use.map];
      if (map.whole) continue;
      if (!values_count || change.whole || !use.column.has_value()) {
        map.Widen();
      } else {
        WidenBy(change, use, &map);
      }
    }
  }
}

void WatchedMaps::WidenBy(const ChangedTable& change, const Use& use,
                          MapScope* scope) const {
  for (const std::string& value : change.values[*use.column]) {
    if (!IsUnderstood(value, use.text)) return scope->Widen();
    scope->values.insert(value);
  }
}

}  // namespace postmirror
