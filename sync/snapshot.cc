#include "sync/snapshot.h"

#include <map>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "schema/config/cf_value.h"
#include "schema/key/normalization.h"
#include "schema/store/entry.h"
#include "sync/entry_length.h"
#include "sync/key_collation.h"
#include "sync/map_survey.h"
#include "sync/mariadb/server_facts.h"
#include "sync/mariadb/sql_text.h"

namespace postmirror {
namespace {

// How often several groups are read again until no change falls between them.
constexpr int kMaxAttempts = 10;
// The server makes a join of a list of 1000 values (in_predicate_conversion_
// threshold), and opens the tree for each of fewer than 200 only
// (eq_range_index_dive_limit).
constexpr size_t kKeysPerSelect = 500;

absl::Status AtMap(const MirroredMap& map, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("map ", map.name, ": ", status.message()));
}

Normalization NormalizationOf(const MapSnapshot& snapshot) {
  return {snapshot.map->rules.utf8, snapshot.collation->table};
}

// Of what its rows are read by: the key and the values.
Connection::Columns ColumnsOf(const MirrorQuery& query) {
  return query.columns.has_value()
             ? Connection::Columns::Exactly(*query.columns)
             : Connection::Columns::AtLeast(2);
}

// Takes rows of one map as they come.
class RowReader {
 public:
  explicit RowReader(MapSnapshot* snapshot)
      : snapshot_(*snapshot), normalization_(NormalizationOf(*snapshot)) {
    if (snapshot->by_stored == nullptr) return;
    stored_normalization_.emplace(NormalizationOf(*snapshot->by_stored));
  }

  absl::Status Take(Connection::Row row) {
    if (!row[0].has_value()) return absl::OkStatus();  // NULL equals no key
    if (!normalization_.NormalizeRow(*row[0], &key_)) return absl::OkStatus();
    if (snapshot_.keys.has_value() && !snapshot_.keys->contains(key_)) {
      return absl::AbortedError("the server holds other keys for equal");
    }
    value_.clear();
    size_t values = 0;
    for (const std::optional<absl::string_view>& column : row.subspan(1)) {
      if (!column.has_value()) continue;
      if (snapshot_.map->result_format.Append(*column, &value_)) {
        ++values;
      }
      if (value_.size() >= kMaxEntryBytes) {
        return EntryTooLong(*row[0], value_.size() + 1);
      }
    }
    if (value_.empty()) return absl::OkStatus();
    Add(values, &snapshot_);
    if (stored_normalization_.has_value()) AddAsStored(*row[0], values);
    return CheckMemory();
  }

 private:
  void Add(size_t values, MapSnapshot* snapshot) {
    if (key_.size() > kMaxKeyBytes) {
      ++snapshot->unstorable_rows;
      return;
    }
    if (key_.find('@') == std::string::npos)
      snapshot->has_local_part_keys = true;
    snapshot->rows.Add(key_, value_, values);
  }

  absl::Status CheckMemory() const {
    const MapSnapshot* const as_stored = snapshot_.by_stored.get();
    const size_t bytes =
        snapshot_.rows.memory_bytes() +
        (as_stored == nullptr ? 0 : as_stored->rows.memory_bytes());
    const uint64_t limit = snapshot_.map->memory_limit;
    if (bytes <= limit) return absl::OkStatus();
    return absl::OutOfRangeError(absl::StrCat(
        "its rows take more memory than map_memory_limit = ", FormatSize(limit),
        " allows, after ", snapshot_.rows.size(),
        " of them: raise it in postmirror.cf, and MemoryMax= of the unit with "
        "it"));
  }

  void AddAsStored(absl::string_view column, size_t values) {
    const bool is_lost = FindsItself(*stored_normalization_, column) &&
                         !FindsItself(normalization_, column);
    if (is_lost || !stored_normalization_->NormalizeRow(column, &key_)) return;
    Add(values, snapshot_.by_stored.get());
  }

  // Whether a lookup of the row's own spelling finds it. Nobody asks for an
  // address with spaces behind it.
  bool FindsItself(const Normalization& normalization,
                   absl::string_view column) {
    return normalization.NormalizeRow(column, &key_) &&
           normalization.NormalizeKey(
               column.substr(0, column.find_last_not_of(' ') + 1), &asked_) !=
               KeyKind::kUnmatchable &&
           asked_ == key_;
  }

  MapSnapshot& snapshot_;
  const Normalization normalization_;
  std::optional<Normalization> stored_normalization_;
  std::string key_;
  std::string asked_;
  std::string value_;
};

// Begins the snapshot of a map. REQUIRES: nothing else is read meanwhile.
absl::Status StartMap(GroupReader& reader, size_t index,
                      MapSnapshot* snapshot) {
  snapshot->map = &reader.group->maps[index];
  snapshot->collation = reader.maps[index].collation;
  return reader.connection->Use(snapshot->map->dbname);
}

absl::Status ReadWhole(GroupReader& reader, size_t index,
                       MapSnapshot* snapshot) {
  const MirroredMap& map = reader.group->maps[index];
  const PreparedMap& prepared = reader.maps[index];
  if (absl::Status started = StartMap(reader, index, snapshot); !started.ok()) {
    return started;
  }
  if (prepared.stored_collation != nullptr) {
    snapshot->by_stored = std::make_unique<MapSnapshot>();
    snapshot->by_stored->map = &map;
    snapshot->by_stored->collation = prepared.stored_collation;
  }
  RowReader rows(snapshot);
  absl::Status read = reader.connection->QueryTable(
      SelectInPrimaryKeyOrder(map.query, prepared.primary_keys),
      ColumnsOf(map.query),
      [&](Connection::Row row) { return rows.Take(row); });
  if (!read.ok()) return read;
  // Since its first row was read, the table cannot be altered; before, it may
  // have been, and its keys would have been compared by another collation.
  const absl::StatusOr<std::string> name =
      ReadKeyCollationName(map, *reader.connection);
  if (!name.ok()) return name.status();
  if (*name != prepared.collation_name) {
    return absl::AbortedError("its key column is being altered");
  }
  if (prepared.survey.blind_spot.empty()) return absl::OkStatus();
  const absl::StatusOr<TableSurvey> survey = SurveyMap(map, *reader.connection);
  if (!survey.ok()) return survey.status();
  if (survey->IsSameAs(prepared.survey)) return absl::OkStatus();
  return absl::AbortedError("its tables are being replaced");
}

// Keys, each with one of its spellings: the server finds every row of a key by
// any of them, and would give the rows twice if two were in different SELECTs.
using Spellings = std::map<std::string, std::string>;

// The keys that `values` of the key column are; nullopt where one of them
// cannot be told from others by an entry of its own.
std::optional<Spellings> Keys(const std::set<std::string>& values,
                              const MirroredMap& map,
                              const PreparedMap& prepared) {
  const Normalization normalization(map.rules.utf8, prepared.collation->table);
  Spellings keys;
  std::string key;
  for (const std::string& value : values) {
    if (!normalization.NormalizeRow(value, &key)) continue;
    if (key.size() > kMaxKeyBytes) return std::nullopt;
    keys.emplace(key, value);
  }
  return keys;
}

absl::Status ReadKeys(GroupReader& reader, size_t index, const Spellings& keys,
                      MapSnapshot* snapshot) {
  Connection& connection = *reader.connection;
  const MirroredMap& map = reader.group->maps[index];
  const PreparedMap& prepared = reader.maps[index];
  if (absl::Status started = StartMap(reader, index, snapshot); !started.ok()) {
    return started;
  }
  snapshot->keys.emplace();
  for (const auto& [key, spelling] : keys) snapshot->keys->insert(key);
  RowReader rows(snapshot);
  const auto literal = [&](std::string* out, const auto& key) {
    absl::StrAppend(out, prepared.hints->text == HintText::kBytes
                             ? QuoteBytes(key.second)
                             : connection.Quote(key.second));
  };
  for (auto begin = keys.begin(); begin != keys.end();) {
    auto end = begin;
    for (size_t i = 0; i < kKeysPerSelect && end != keys.end(); ++i) ++end;
    absl::Status read = connection.QueryTable(
        SelectOfKeys(map.query, prepared.primary_keys,
                     absl::StrJoin(begin, end, ", ", literal)),
        ColumnsOf(map.query),
        [&](Connection::Row row) { return rows.Take(row); });
    if (!read.ok()) return read;
    begin = end;
  }
  return absl::OkStatus();
}

// Reads what `scope` says of a map, which is something, and appends it to
// `*snapshot`.
absl::Status ReadMap(GroupReader& reader, size_t index, const MapScope& scope,
                     Snapshot* snapshot) {
  const MirroredMap& map = reader.group->maps[index];
  const PreparedMap& prepared = reader.maps[index];
  if (!prepared.fault.ok()) return prepared.fault;
  MapSnapshot read;
  std::optional<Spellings> keys;
  if (!scope.whole && prepared.hints.has_value()) {
    keys = Keys(scope.values, map, prepared);
  }
  absl::Status status = keys.has_value() ? ReadKeys(reader, index, *keys, &read)
                                         : ReadWhole(reader, index, &read);
  if (status.ok()) snapshot->maps.push_back(std::move(read));
  return status;
}

void EndTransactions(absl::Span<GroupReader> readers) {
  for (GroupReader& reader : readers) {
    reader.connection->Execute("ROLLBACK").IgnoreError();
  }
}

// Opens a snapshot in every group, before the first row is read. True if they
// show one moment: no change fell between the first and the last.
absl::StatusOr<bool> BeginTransactions(absl::Span<GroupReader> readers) {
  const bool several = readers.size() > 1;
  absl::StatusOr<uint64_t> before = uint64_t{0};
  absl::StatusOr<uint64_t> after = uint64_t{0};
  if (several) before = ReadLsn(*readers[0].connection);
  if (!before.ok()) return before.status();
  for (GroupReader& reader : readers) {
    if (absl::Status begun = reader.connection->Execute(
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        !begun.ok()) {
      return begun;
    }
  }
  if (several) after = ReadLsn(*readers[0].connection);
  if (!after.ok()) return after.status();
  return *before == *after;
}

// The scope of map number `map` of the plan.
const MapScope& ScopeOf(const ReadScope& scope, size_t map) {
  static const MapScope whole = {.whole = true, .values = {}};
  return scope.everything ? whole : scope.maps[map];
}

// A map that fails by an error of its own is left out where all are read: the
// transaction, and with it the moment of the others, goes on.
absl::Status ReadMaps(absl::Span<GroupReader> readers, const ReadScope& scope,
                      Snapshot* snapshot) {
  for (GroupReader& reader : readers) {
    for (size_t i = 0; i < reader.group->maps.size(); ++i) {
      const MapScope& of_map = ScopeOf(scope, reader.first_map + i);
      if (of_map.empty()) continue;
      const bool is_left_out = !reader.maps[i].fault.ok();
      const absl::Status read = ReadMap(reader, i, of_map, snapshot);
      if (read.ok()) continue;
      if (absl::IsOutOfRange(read)) reader.maps[i].fault = read;
      if (!is_left_out && !IsOfTheMap(read)) {
        return AtMap(reader.group->maps[i], read);
      }
      reader.maps[i].fault = read;
      if (!snapshot->is_whole) {
        return absl::AbortedError("a map that is named cannot be read");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckEntries(const MapSnapshot& map) {
  absl::Status checked = CheckEntryLengths(map.rows, map.map->rules);
  if (!checked.ok() || map.by_stored == nullptr) return checked;
  return CheckEntryLengths(map.by_stored->rows, map.map->rules);
}

void SetFault(const MirroredMap& map, const absl::Status& fault,
              absl::Span<GroupReader> readers) {
  for (GroupReader& reader : readers) {
    for (size_t i = 0; i < reader.maps.size(); ++i) {
      if (&reader.group->maps[i] == &map) reader.maps[i].fault = fault;
    }
  }
}

// Sorts what was read. A map with an entry that is too long is left out, as one
// that cannot be read.
absl::Status SortMaps(absl::Span<GroupReader> readers, Snapshot* snapshot) {
  std::vector<MapSnapshot> maps;
  maps.reserve(snapshot->maps.size());
  for (MapSnapshot& map : snapshot->maps) {
    map.rows.Sort();
    if (map.by_stored != nullptr) map.by_stored->rows.Sort();
    const absl::Status checked = CheckEntries(map);
    if (checked.ok()) {
      maps.push_back(std::move(map));
      continue;
    }
    SetFault(*map.map, checked, readers);
    if (!snapshot->is_whole) return absl::AbortedError(checked.message());
  }
  snapshot->maps = std::move(maps);
  return absl::OkStatus();
}

absl::StatusOr<Snapshot> Read(absl::Span<GroupReader> readers,
                              ChooseScope choose, bool everything) {
  Snapshot snapshot;
  snapshot.is_whole = everything;
  {
    const absl::Cleanup end = [&] { EndTransactions(readers); };
    for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
      if (attempt > 1) EndTransactions(readers);
      const absl::StatusOr<bool> begun = BeginTransactions(readers);
      if (!begun.ok()) return begun.status();
      snapshot.is_one_moment = *begun;
      if (snapshot.is_one_moment) break;
    }
    absl::StatusOr<ReadScope> scope = choose();
    if (!scope.ok()) return scope.status();
    snapshot.scope = *std::move(scope);
    // What was named was named of the first group's moment.
    if (!everything && (snapshot.scope.everything || !snapshot.is_one_moment)) {
      return absl::AbortedError("all maps have to be read");
    }
    if (absl::Status read = ReadMaps(
            readers, everything ? ReadScope::Everything() : snapshot.scope,
            &snapshot);
        !read.ok()) {
      return read;
    }
  }
  if (absl::Status sorted = SortMaps(readers, &snapshot); !sorted.ok()) {
    return sorted;
  }
  return snapshot;
}

}  // namespace

std::string MapSnapshot::Definition() const {
  return absl::StrCat(map->definition, "collation = ", collation->name, " ",
                      collation->digest, "\n");
}

absl::StatusOr<Snapshot> ReadSnapshot(absl::Span<GroupReader> readers,
                                      ChooseScope choose) {
  return Read(readers, choose, true);
}

absl::StatusOr<Snapshot> ReadNamed(absl::Span<GroupReader> readers,
                                   ChooseScope choose) {
  return Read(readers, choose, false);
}

}  // namespace postmirror
