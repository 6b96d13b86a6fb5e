#include "sync/change_set.h"

#include "schema/runtime/digest.h"

namespace postmirror {
namespace {

// The entries of the store, or none.
class StoreSide {
 public:
  explicit StoreSide(StoreScan* scan) : scan_(scan) {}

  absl::Status Move() {
    if (scan_ == nullptr) return absl::OkStatus();
    const absl::StatusOr<bool> more = scan_->Next();
    if (!more.ok()) return more.status();
    has_entry_ = *more;
    return absl::OkStatus();
  }

  bool has_entry() const { return has_entry_; }
  absl::string_view key() const { return scan_->key(); }
  absl::string_view entry() const { return scan_->entry(); }

 private:
  StoreScan* const scan_;
  bool has_entry_ = false;
};

}  // namespace

absl::StatusOr<ChangeSet> Diff(StoreScan* scan, const PackedRows& rows,
                               const EntryRules& rules) {
  ChangeSet changes;
  StoreSide store(scan);
  if (absl::Status moved = store.Move(); !moved.ok()) return moved;
  EntryWalk snapshot(rows, rules);
  bool in_snapshot = snapshot.Next();
  while (in_snapshot || store.has_entry()) {
    const int order = !in_snapshot ? 1
                      : !store.has_entry()
                          ? -1
                          : snapshot.key().compare(store.key());
    if (order < 0) {
      changes.added.push_back(static_cast<uint32_t>(snapshot.first_row()));
    } else if (order > 0) {
      changes.removed.Add(store.key(), "", 0);
      changes.removed_entries.push_back(Digest(store.entry()));
    } else if (snapshot.entry() != store.entry()) {
      changes.changed.push_back(static_cast<uint32_t>(snapshot.first_row()));
      changes.changed_from.push_back(Digest(store.entry()));
    }
    if (order <= 0) {
      ++changes.after;
      in_snapshot = snapshot.Next();
    }
    if (order >= 0) {
      ++changes.before;
      if (absl::Status moved = store.Move(); !moved.ok()) return moved;
    }
  }
  // They came in order.
  changes.removed.Sort();
  return changes;
}

absl::StatusOr<ChangeSet> DiffKeys(StoreScan& scan, const PackedRows& rows,
                                   const EntryRules& rules,
                                   const std::set<std::string>& keys,
                                   uint64_t before) {
  ChangeSet changes;
  EntryWalk snapshot(rows, rules);
  bool more = snapshot.Next();
  for (const std::string& key : keys) {
    const absl::StatusOr<bool> in_store = scan.Find(key);
    if (!in_store.ok()) return in_store.status();
    const bool in_snapshot = more && snapshot.key() == key;
    const auto row = static_cast<uint32_t>(snapshot.first_row());
    if (in_snapshot && !*in_store) {
      changes.added.push_back(row);
    } else if (in_snapshot && snapshot.entry() != scan.entry()) {
      changes.changed.push_back(row);
      changes.changed_from.push_back(Digest(scan.entry()));
    } else if (!in_snapshot && *in_store) {
      changes.removed.Add(key, "", 0);
      changes.removed_entries.push_back(Digest(scan.entry()));
    }
    if (in_snapshot) more = snapshot.Next();
  }
  changes.removed.Sort();
  // The entries afterwards would be counted below none, as the most there are.
  if (changes.removed.size() > before) {
    return absl::DataLossError("store: has more entries than it counts");
  }
  changes.before = before;
  changes.after = before + changes.added.size() - changes.removed.size();
  return changes;
}

}  // namespace postmirror
