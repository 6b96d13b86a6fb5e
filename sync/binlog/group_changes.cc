#include "sync/binlog/group_changes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sync/binlog/table_map.h"

namespace postmirror {
namespace {

// With more, a table is cheaper to read again as a whole than key by key, and a
// group is not to take much memory.
constexpr size_t kMaxValues = 50000;
constexpr size_t kMaxValueBytes = size_t{16} << 20;
// Nor is a statement, or a table: no server's own has so many tables, or so
// many versions and columns.
constexpr size_t kMaxMapped = 4096;
constexpr size_t kMaxVersions = 16;
constexpr size_t kMaxColumnsBytes = size_t{1} << 20;

}  // namespace

GroupChanges::GroupChanges(std::shared_ptr<const WatchList> watched)
    : watched_(std::move(watched)) {}

void GroupChanges::Map(absl::string_view body) {
  if (anything_) return;
  const std::optional<TableMap> map = ReadTableMap(body);
  if (!map.has_value() || mapped_.size() >= kMaxMapped) return MakeAnything();
  Mapped mapped;
  mapped.id = map->id;
  mapped.table = watched_->Find(map->database, map->table);
  if (mapped.table.has_value()) {
    const std::optional<absl::string_view> types = ReadTypes(*map);
    if (!types.has_value() || !watched_->tables()[*mapped.table].Fits(*types)) {
      return MakeAnything();
    }
    mapped.columns = ReadColumns(*map);
    auto& versions = Of(*mapped.table).changed.versions;
    if (map->columns.size() > kMaxColumnsBytes ||
        versions.size() >= kMaxVersions) {
      return MakeAnything();
    }
    versions.insert({map->id, std::string(map->columns)});
  }
  mapped_.push_back(std::move(mapped));
  if (mapped_.size() == 1) return;
  for (const Mapped* one : {&mapped_.front(), &mapped_.back()}) {
    if (one->table.has_value()) MakeWhole(&Of(*one->table));
  }
}

void GroupChanges::Change(const BinlogEvent& event) {
  if (anything_) return;
  const std::optional<RowsEvent> rows = ReadRowsEvent(event);
  if (!rows.has_value()) return MakeAnything();
  const auto mapped = std::find_if(
      mapped_.begin(), mapped_.end(),
      [&rows](const Mapped& one) { return one.id == rows->table_id; });
  if (mapped != mapped_.end()) {
    mapped->has_rows = true;
    if (mapped_.size() == 1) ReadRows(*rows, *mapped);
  } else if (rows->table_id != kNoTableId) {
    return MakeAnything();
  }
  if (rows->ends_statement) EndStatement();
}

void GroupChanges::ReadRows(const RowsEvent& rows, const Mapped& mapped) {
  if (!mapped.table.has_value()) return;
  Gathered& gathered = Of(*mapped.table);
  if (gathered.changed.whole) return;
  const std::vector<size_t>& watched =
      watched_->tables()[*mapped.table].columns;
  const auto add = [&gathered](size_t place, absl::string_view value) {
    if (!gathered.changed.values[place].emplace(value).second) return true;
    gathered.values += 1;
    gathered.bytes += value.size();
    return gathered.values <= kMaxValues && gathered.bytes <= kMaxValueBytes;
  };
  if (watched.empty() || !mapped.columns.has_value() ||
      !ReadValues(rows, *mapped.columns, watched, add)) {
    MakeWhole(&gathered);
  }
}

void GroupChanges::EndStatement() {
  if (mapped_.size() == 1 && !mapped_.front().has_rows &&
      mapped_.front().table.has_value()) {
    MakeWhole(&Of(*mapped_.front().table));
  }
  mapped_.clear();
}

void GroupChanges::Flush() {
  if (anything_) return;
  for (size_t i = 0; i < watched_->tables().size(); ++i) {
    if (watched_->tables()[i].shape.has_open_files) MakeWhole(&Of(i));
  }
}

void GroupChanges::MakeWhole() {
  EndStatement();
  for (Gathered& gathered : gathered_) MakeWhole(&gathered);
}

void GroupChanges::MakeWhole(Gathered* gathered) {
  gathered->changed.whole = true;
  for (std::set<std::string>& values : gathered->changed.values) {
    values.clear();
  }
}

void GroupChanges::MakeAnything() {
  anything_ = true;
  mapped_.clear();
  gathered_.clear();
}

GroupChanges::Gathered& GroupChanges::Of(size_t table) {
  for (Gathered& gathered : gathered_) {
    if (gathered.changed.table == table) return gathered;
  }
  Gathered gathered;
  gathered.changed.table = table;
  gathered.changed.values.resize(watched_->tables()[table].columns.size());
  gathered_.push_back(std::move(gathered));
  return gathered_.back();
}

std::optional<BinlogGroup> GroupChanges::Finish(BinlogPosition end) {
  EndStatement();
  BinlogGroup group = {.end = std::move(end),
                       .anything = anything_,
                       .tables = {},
                       .watched = watched_};
  for (Gathered& gathered : gathered_) {
    group.tables.push_back(std::move(gathered.changed));
  }
  if (!group.matters()) return std::nullopt;
  return group;
}

}  // namespace postmirror
