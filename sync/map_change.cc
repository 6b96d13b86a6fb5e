#include "sync/map_change.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/digest.h"

namespace postmirror {
namespace {

MapRecord Describe(const MapSnapshot& snapshot) {
  MapRecord record;
  record.definition = snapshot.Definition();
  record.domain = snapshot.map->domain;
  record.key_collation = snapshot.collation->name;
  record.collation_digest = snapshot.collation->digest;
  record.utf8 = snapshot.map->rules.utf8;
  record.unstorable_rows = snapshot.unstorable_rows;
  return record;
}

// The record as it is to stand beside the changed entries.
MapRecord RecordAfterwards(const MapChange& change) {
  MapRecord record = Describe(*change.snapshot);
  record.entries = change.EntriesAfterwards();
  if (change.step == MapStep::kFill || change.record == nullptr) return record;
  record.sub_database = change.record->sub_database;
  const bool waits = change.removed() < change.changes.removed.size() ||
                     change.changed() < change.changes.changed.size();
  if (!waits && !change.snapshot->keys.has_value()) return record;
  // Of other keys, or of the old entries of a held map, there may be rows that
  // no entry can hold: they must not be forgotten while they may still matter.
  record.unstorable_rows =
      std::max(record.unstorable_rows, change.record->unstorable_rows);
  return record;
}

absl::Status Fill(const MapChange& change, StoreTransaction* transaction) {
  const absl::StatusOr<std::string> name = transaction->CreateSubDatabase();
  if (!name.ok()) return name.status();
  EntryWalk walk(change.snapshot->rows, change.snapshot->map->rules);
  while (walk.Next()) {
    if (absl::Status put =
            transaction->Put(*name, walk.key(), walk.entry(), true);
        !put.ok()) {
      return put;
    }
  }
  if (change.record != nullptr) {
    if (absl::Status dropped =
            transaction->DropSubDatabase(change.record->sub_database);
        !dropped.ok()) {
      return dropped;
    }
  }
  // Others may name it too; what is there already is the same.
  if (absl::Status put = transaction->PutCollation(*change.snapshot->collation);
      !put.ok()) {
    return put;
  }
  MapRecord record = RecordAfterwards(change);
  record.sub_database = *name;
  return transaction->PutRecord(change.snapshot->map->name, record);
}

bool Waits(const std::vector<bool>& waits, size_t index) {
  return !waits.empty() && waits[index];
}

// Puts the entries, but for those that wait; `waits` may be empty.
absl::Status Put(const MapChange& change, const std::deque<uint32_t>& entries,
                 const std::vector<bool>& waits,
                 StoreTransaction* transaction) {
  EntryWalk walk(change.snapshot->rows, change.snapshot->map->rules);
  for (size_t i = 0; i < entries.size(); ++i) {
    if (Waits(waits, i)) continue;
    walk.Seek(entries[i]);
    if (absl::Status put = transaction->Put(change.record->sub_database,
                                            walk.key(), walk.entry(), false);
        !put.ok()) {
      return put;
    }
  }
  return absl::OkStatus();
}

absl::Status Remove(const MapChange& change, StoreTransaction* transaction) {
  for (size_t i = 0; i < change.changes.removed.size(); ++i) {
    if (Waits(change.judgement.removal_waits, i)) continue;
    if (absl::Status removed = transaction->Delete(
            change.record->sub_database, change.changes.removed.row(i).key);
        !removed.ok()) {
      return removed;
    }
  }
  return absl::OkStatus();
}

// What becomes of the map if `snapshot` is all of it, or `snapshot.keys` of it.
absl::StatusOr<ChangeSet> Compare(const MapSnapshot& snapshot,
                                  const MapRecord* record, StoreScan* scan) {
  const EntryRules& rules = snapshot.map->rules;
  if (!snapshot.keys.has_value()) return Diff(scan, snapshot.rows, rules);
  if (record == nullptr || record->definition != snapshot.Definition()) {
    return absl::AbortedError(
        absl::StrCat("map ", snapshot.map->name,
                     ": the store has it under another definition"));
  }
  return DiffKeys(*scan, snapshot.rows, rules, *snapshot.keys, record->entries);
}

// What the store has of the map, compared with the snapshot.
absl::StatusOr<ChangeSet> CompareWithStore(const MapSnapshot& map,
                                           const MapRecord* record,
                                           StoreWriter* writer) {
  std::unique_ptr<StoreScan> scan;
  if (record != nullptr) {
    absl::StatusOr<std::unique_ptr<StoreScan>> opened =
        writer->Scan(record->sub_database);
    // The record names it, so that its absence is damage; another failure, such
    // as too many readers, says nothing of the store.
    if (absl::IsNotFound(opened.status())) {
      return absl::DataLossError(opened.status().message());
    }
    if (!opened.ok()) return opened.status();
    scan = *std::move(opened);
  }
  absl::StatusOr<ChangeSet> changes = Compare(map, record, scan.get());
  if (!changes.ok()) return changes.status();
  if (record != nullptr && changes->before != record->entries) {
    return absl::DataLossError("store: sub-database " + record->sub_database +
                               " does not have the entries it had");
  }
  return changes;
}

Redefinition RedefinitionOf(const MapSnapshot& map, const MapRecord* record) {
  if (record == nullptr || record->definition == map.Definition()) {
    return Redefinition::kNone;
  }
  // What follows it is the collation.
  return absl::StartsWith(record->definition, map.map->definition)
             ? Redefinition::kCollation
             : Redefinition::kMapFile;
}

// The change set in digests. Of a million new keys, no digest is made for
// nothing: `with_added`.
JudgedChange DigestChanges(const ChangeSet& changes, const MapSnapshot& map,
                           bool with_added) {
  JudgedChange judged;
  judged.before = changes.before;
  judged.after = changes.after;
  judged.removed.reserve(changes.removed.size());
  judged.changed.reserve(changes.changed.size());
  for (size_t i = 0; i < changes.removed.size(); ++i) {
    judged.removed.push_back({.key = Digest(changes.removed.row(i).key),
                              .entry = changes.removed_entries[i]});
  }
  EntryWalk walk(map.rows, map.map->rules);
  for (size_t i = 0; i < changes.changed.size(); ++i) {
    walk.Seek(changes.changed[i]);
    judged.changed.push_back({.key = Digest(walk.key()),
                              .from = changes.changed_from[i],
                              .to = Digest(walk.entry())});
  }
  if (!with_added) return judged;
  judged.added.reserve(changes.added.size());
  for (const uint32_t row : changes.added) {
    walk.Seek(row);
    judged.added.push_back(
        {.key = Digest(walk.key()), .entry = Digest(walk.entry())});
  }
  return judged;
}

// The rows by which the guard judges: where the collation alone is another one,
// those by the one that the store has the map by. Else nothing could be told
// of what came and went, and new keys would wait with the rest.
const MapSnapshot& JudgedRows(const MapSnapshot& map, const MapRecord* record) {
  const bool by_stored = record != nullptr && map.by_stored != nullptr &&
                         RedefinitionOf(map, record) != Redefinition::kNone &&
                         map.by_stored->Definition() == record->definition;
  return by_stored ? *map.by_stored : map;
}

// What passed the guard by the collation that the store has the map by, is
// taken by the new one.
absl::StatusOr<MapChange> FillByNewCollation(const MapSnapshot& map,
                                             MapChange change,
                                             StoreWriter* writer) {
  absl::StatusOr<ChangeSet> changes =
      CompareWithStore(map, change.record, writer);
  if (!changes.ok()) return changes.status();
  change.snapshot = &map;
  change.changes = *std::move(changes);
  change.step = MapStep::kFill;
  return change;
}

uint64_t CountApplied(size_t all, const std::vector<bool>& waits) {
  return all -
         static_cast<uint64_t>(std::count(waits.begin(), waits.end(), true));
}

}  // namespace

uint64_t MapChange::added() const {
  const bool wait = step == MapStep::kNothing ||
                    (step == MapStep::kWrite && judgement.additions_wait);
  return wait ? 0 : changes.added.size();
}

uint64_t MapChange::changed() const {
  if (step == MapStep::kNothing) return 0;
  return CountApplied(changes.changed.size(), judgement.value_waits);
}

uint64_t MapChange::removed() const {
  if (step == MapStep::kNothing) return 0;
  return CountApplied(changes.removed.size(), judgement.removal_waits);
}

uint64_t MapChange::EntriesAfterwards() const {
  return changes.before + added() - removed();
}

absl::StatusOr<MapChange> DecideChange(const Snapshot& snapshot,
                                       const MapSnapshot& map,
                                       const StoredMap& stored, Guard* guard,
                                       const Moment& now) {
  const auto& [record, writer] = stored;
  const std::string& name = map.map->name;
  if (map.keys.has_value() && guard->IsHeld(name)) {
    return absl::AbortedError(
        absl::StrCat("map ", name, ": is held, and not all of it was read"));
  }
  const MapSnapshot& rows = JudgedRows(map, record);
  MapChange change;
  change.snapshot = &rows;
  change.record = record;
  absl::StatusOr<ChangeSet> changes = CompareWithStore(rows, record, writer);
  if (!changes.ok()) return changes.status();
  change.changes = *std::move(changes);
  const bool with_added = guard->RemembersKeys(name) ||
                          change.changes.removed.size() > 0 ||
                          !change.changes.changed.empty();
  JudgedChange judged = DigestChanges(change.changes, rows, with_added);
  judged.scope = map.map->guard;
  judged.redefinition = RedefinitionOf(rows, record);
  judged.by_stored = &rows != &map;
  judged.is_first_fill = record == nullptr;
  judged.is_whole = !map.keys.has_value();
  judged.uncontained = snapshot.uncontained;
  judged.contained = snapshot.contained;
  judged.removals_wait = snapshot.removals_wait;
  judged.additions_wait = map.additions_wait;
  change.judgement = guard->Judge(name, judged, now);
  if (judged.by_stored && !AnyWaits(change.judgement)) {
    return FillByNewCollation(map, std::move(change), writer);
  }
  if (!judged.is_first_fill && judged.redefinition == Redefinition::kNone) {
    change.step = MapStep::kWrite;
  } else if (!change.judgement.waits_whole) {
    change.step = MapStep::kFill;
  }
  return change;
}

bool ChangesStore(const MapChange& change) {
  switch (change.step) {
    case MapStep::kNothing:
      return false;
    case MapStep::kFill:
      return true;
    case MapStep::kWrite:
      return change.added() + change.changed() + change.removed() > 0 ||
             RecordAfterwards(change) != *change.record;
  }
  return true;
}

absl::Status WriteChange(const MapChange& change,
                         StoreTransaction* transaction) {
  if (!ChangesStore(change)) return absl::OkStatus();
  if (change.step == MapStep::kFill) return Fill(change, transaction);
  absl::Status status = absl::OkStatus();
  if (change.added() > 0) {
    status = Put(change, change.changes.added, {}, transaction);
  }
  if (status.ok()) {
    status = Put(change, change.changes.changed, change.judgement.value_waits,
                 transaction);
  }
  if (status.ok()) status = Remove(change, transaction);
  if (!status.ok()) return status;
  return transaction->PutRecord(change.snapshot->map->name,
                                RecordAfterwards(change));
}

}  // namespace postmirror
