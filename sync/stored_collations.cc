#include "sync/stored_collations.h"

#include <memory>
#include <set>
#include <utility>

#include "absl/status/statusor.h"

namespace postmirror {

absl::Status DropUnusedCollations(
    const std::map<std::string, MapRecord>& before,
    const std::set<std::string>& used, StoreTransaction* transaction) {
  std::set<std::string> unused;
  for (const auto& [name, record] : before) {
    if (!used.contains(record.collation_digest)) {
      unused.insert(record.collation_digest);
    }
  }
  for (const std::string& digest : unused) {
    absl::Status deleted = transaction->DeleteCollation(digest);
    if (!deleted.ok() && !absl::IsNotFound(deleted)) return deleted;
  }
  return absl::OkStatus();
}

std::map<std::string, CollationTables::Collation> StoredCollations::OtherThan(
    const std::map<std::string, std::string>& digests,
    const std::map<std::string, MapRecord>& records, StoreWriter* writer) {
  std::map<std::string, CollationTables::Collation> others;
  std::set<std::string> stored;
  for (const auto& [map, record] : records) {
    stored.insert(record.collation_digest);
    const auto now = digests.find(map);
    if (now == digests.end() || now->second == record.collation_digest) {
      continue;
    }
    if (auto other = Get(record.collation_digest, writer)) others[map] = other;
  }
  std::erase_if(kept_,
                [&](const auto& kept) { return !stored.contains(kept.first); });
  return others;
}

// nullptr where it cannot be read.
CollationTables::Collation StoredCollations::Get(const std::string& digest,
                                                 StoreWriter* writer) {
  CollationTables::Collation& kept = kept_[digest];
  if (kept != nullptr) return kept;
  absl::StatusOr<StoredCollation> read = writer->ReadCollation(digest);
  if (read.ok()) {
    kept = std::make_shared<const StoredCollation>(*std::move(read));
  }
  return kept;
}

}  // namespace postmirror
