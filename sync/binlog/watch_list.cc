#include "sync/binlog/watch_list.h"

#include <utility>

#include "absl/strings/match.h"

namespace postmirror {

bool WatchedTable::Fits(absl::string_view mapped_types) const {
  const std::vector<std::string>& types = shape.types;
  if (mapped_types.size() < types.size()) return false;
  for (size_t i = 0; i < types.size(); ++i) {
    if (!types[i].empty() &&
        types[i].find(mapped_types[i]) == std::string::npos) {
      return false;
    }
  }
  return true;
}

WatchList::WatchList(std::vector<WatchedTable> tables)
    : tables_(std::move(tables)) {}

// The tables of the maps are few.
std::optional<size_t> WatchList::Find(absl::string_view database,
                                      absl::string_view table) const {
  for (size_t i = 0; i < tables_.size(); ++i) {
    if (tables_[i].table == table && tables_[i].database == database) return i;
  }
  for (size_t i = 0; i < tables_.size(); ++i) {
    if (absl::EqualsIgnoreCase(tables_[i].table, table) &&
        absl::EqualsIgnoreCase(tables_[i].database, database)) {
      return i;
    }
  }
  return std::nullopt;
}

}  // namespace postmirror
