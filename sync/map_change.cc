#include "sync/map_change.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

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
  if (change.step == MapStep::kUpdate && !change.snapshot->keys.has_value()) {
    return record;
  }
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

absl::Status Put(const MapChange& change, const std::deque<uint32_t>& entries,
                 StoreTransaction* transaction) {
  EntryWalk walk(change.snapshot->rows, change.snapshot->map->rules);
  for (const uint32_t row : entries) {
    walk.Seek(row);
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

}  // namespace

uint64_t MapChange::EntriesAfterwards() const {
  switch (step) {
    case MapStep::kNothing:
      return changes.before;
    case MapStep::kAdd:
      return changes.before + changes.added.size();
    case MapStep::kFill:
    case MapStep::kUpdate:
      return changes.after;
  }
  return changes.before;
}

absl::StatusOr<MapChange> DecideChange(const MapSnapshot& snapshot,
                                       const MapRecord* record,
                                       StoreWriter* writer, Guard* guard,
                                       const Moment& now) {
  MapChange change{.snapshot = &snapshot, .record = record, .changes = {}};
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
  absl::StatusOr<ChangeSet> changes = Compare(snapshot, record, scan.get());
  if (!changes.ok()) return changes.status();
  change.changes = *std::move(changes);
  if (record != nullptr && change.changes.before != record->entries) {
    return absl::DataLossError("store: sub-database " + record->sub_database +
                               " does not have the entries it had");
  }
  if (record == nullptr) {
    // The first fill is never held, and nothing of before is a measure for it.
    guard->Forget(snapshot.map->name);
    change.step = MapStep::kFill;
  } else if (!guard->Passes(snapshot.map->name, change.changes, now)) {
    // Entries of two definitions are not mixed: a new one is held whole.
    change.step = record->definition == snapshot.Definition()
                      ? MapStep::kAdd
                      : MapStep::kNothing;
  } else {
    change.step = record->definition == snapshot.Definition() ? MapStep::kUpdate
                                                              : MapStep::kFill;
  }
  return change;
}

bool ChangesStore(const MapChange& change) {
  switch (change.step) {
    case MapStep::kNothing:
      return false;
    case MapStep::kFill:
      return true;
    case MapStep::kAdd:
    case MapStep::kUpdate:
      return RecordAfterwards(change) != *change.record ||
             !change.changes.added.empty() ||
             (change.step == MapStep::kUpdate && !change.changes.empty());
  }
  return true;
}

absl::Status WriteChange(const MapChange& change,
                         StoreTransaction* transaction) {
  if (!ChangesStore(change)) return absl::OkStatus();
  if (change.step == MapStep::kFill) return Fill(change, transaction);
  absl::Status status = Put(change, change.changes.added, transaction);
  if (status.ok() && change.step == MapStep::kUpdate) {
    status = Put(change, change.changes.changed, transaction);
    if (status.ok()) status = Remove(change, transaction);
  }
  if (!status.ok()) return status;
  return transaction->PutRecord(change.snapshot->map->name,
                                RecordAfterwards(change));
}

}  // namespace postmirror
