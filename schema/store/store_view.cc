#include "schema/store/store_view.h"

#include <lmdb.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "schema/key/key_folding.h"
#include "schema/store/entry.h"
#include "schema/store/environment.h"
#include "schema/store/fault_guard.h"
#include "schema/store/store_error.h"
#include "schema/store/store_reader.h"
#include "schema/store/stored_collation.h"

namespace postmirror {
namespace {

// LMDB's main database, which lists the sub-databases, has the first free
// handle (lmdb.h keeps the constant to itself).
constexpr unsigned kMainDatabase = 1;

Outcome Temporary(absl::string_view reason, std::string* value) {
  value->assign(reason.data(), reason.size());
  return Outcome::kTemporary;
}

// Gets `*cursor` ready for a search from the root; opens it where it is null.
int OpenCursor(MDB_txn* transaction, unsigned handle, MDB_cursor** cursor) {
  if (*cursor != nullptr) return mdb_cursor_renew(transaction, *cursor);
  // Reads the tree's root, which mdb_cursor_open does too, but after it has
  // taken memory, which a fault would lose.
  MDB_stat ignored;
  mdb_stat(transaction, handle, &ignored);
  return mdb_cursor_open(transaction, handle, cursor);
}

}  // namespace

void StoreView::CursorCloser::operator()(MDB_cursor* cursor) const {
  mdb_cursor_close(cursor);
}

StoreView::StoreView(StoreReader* reader, std::vector<std::string> maps)
    : reader_(reader),
      names_(std::move(maps)),
      state_(absl::UnavailableError("not begun")) {
  const std::lock_guard<std::shared_mutex> lock(reader_->mutex_);
  reader_->views_.push_back(this);
}

StoreView::~StoreView() {
  End();
  const std::lock_guard<std::shared_mutex> lock(reader_->mutex_);
  Forget();
  std::erase(reader_->views_, this);
}

void StoreView::Forget() {
  if (transaction_ != nullptr) {
    // It clears a reader slot in the lock file, which may be cut off.
    SurvivesFault([this] { mdb_txn_abort(transaction_); });
  }
  transaction_ = nullptr;
  loaded_id_ = 0;
  maps_.clear();
  filled_.clear();
}

void StoreView::Begin() {
  lock_ = std::shared_lock<std::shared_mutex>(reader_->mutex_);
  if (reader_->environment_ == nullptr) {
    state_ = absl::UnavailableError("the store is not open");
  } else if (reader_->environment_->unusable()) {
    state_ = absl::UnavailableError("the store is being reopened");
  } else {
    state_ = StartTransaction();
    if (state_.ok()) state_ = Load();
  }
  // Nothing will be read: let the store be reopened.
  if (!state_.ok()) End();
}

void StoreView::End() {
  if (!lock_.owns_lock()) return;
  if (transaction_ != nullptr &&
      !SurvivesFault([this] { mdb_txn_reset(transaction_); })) {
    reader_->environment_->MarkUnusable();
  }
  lock_ = {};
}

absl::Status StoreView::StartTransaction() {
  Environment* const environment = reader_->environment_.get();
  const bool renews = transaction_ != nullptr;
  int code = MDB_SUCCESS;
  const bool survived = SurvivesFault([&] {
    if (renews) {
      mdb_txn_reset(transaction_);
      code = mdb_txn_renew(transaction_);
    } else {
      code = environment->BeginReading(&transaction_);
    }
  });
  stale_ = false;
  if (!survived) {
    // To renew takes no mutex, to begin does.
    renews ? environment->MarkUnusable() : environment->Abandon();
    return absl::DataLossError("the store is damaged");
  }
  // All slots taken is no fault of the environment, nor would it go away.
  if (code != MDB_SUCCESS && code != MDB_READERS_FULL) {
    environment->MarkUnusable();
  }
  return LmdbError(code, "store");
}

absl::Status StoreView::Load() {
  // Handles opened here are unknown to the running transaction: begin again. A
  // sub-database that sync replaced meanwhile shows in the new moment.
  const size_t max_attempts = names_.size() + 10;
  for (size_t attempt = 0; attempt < max_attempts; ++attempt) {
    const size_t id = mdb_txn_id(transaction_);
    if (id == loaded_id_ && maps_.size() == names_.size()) {
      return absl::OkStatus();
    }
    loaded_id_ = 0;
    ++moment_;
    maps_.clear();
    absl::Status failure;
    for (const std::string& name : names_) {
      absl::StatusOr<std::optional<ServedMap>> map = LoadMap(name);
      if (stale_) break;
      failure.Update(map.status());
      maps_.push_back(map.ok() ? *std::move(map) : std::nullopt);
      if (maps_.back().has_value()) filled_.insert(name);
    }
    if (!stale_) {
      std::erase_if(collations_, [](const auto& collation) {
        return collation.second.use_count() <= 1;  // of no map any more
      });
      if (failure.ok()) loaded_id_ = id;
      return failure;
    }
    if (absl::Status begun = StartTransaction(); !begun.ok()) return begun;
  }
  return absl::UnavailableError("the store changes too quickly");
}

absl::StatusOr<std::optional<StoreView::ServedMap>> StoreView::LoadMap(
    const std::string& name) {
  const absl::StatusOr<unsigned> status = Handle(kStatusSubDatabase);
  if (absl::IsNotFound(status.status())) {
    return absl::UnavailableError("the store was never filled");
  }
  if (!status.ok()) return status.status();
  std::string bytes;
  absl::Status read = Read(*status, RecordKey(name), &bytes);
  if (absl::IsNotFound(read)) return std::nullopt;
  if (!read.ok()) return read;
  absl::StatusOr<MapRecord> record = DecodeMapRecord(bytes);
  if (!record.ok()) return record.status();
  // LMDB has one code for "no such key" and "no such sub-database": prove that
  // the sub-database exists in this moment.
  if (!Read(kMainDatabase, record->sub_database, &bytes).ok()) {
    return absl::DataLossError(
        absl::StrCat("the store has no sub-database ", record->sub_database));
  }
  const absl::StatusOr<unsigned> handle = Handle(record->sub_database);
  if (absl::IsNotFound(handle.status())) stale_ = true;  // dropped since
  if (!handle.ok()) return handle.status();
  if (stale_) return std::nullopt;
  if (absl::Status right = CheckSubDatabase(*record, *handle); !right.ok()) {
    return right;
  }
  absl::StatusOr<std::shared_ptr<const CollationTable>> collation =
      LoadCollation(*status, record->collation_digest);
  if (!collation.ok()) return collation.status();
  const bool utf8 = record->utf8;
  ServedMap map{.record = *std::move(record),
                .normalization = {utf8, *std::move(collation)},
                .domain = {},
                .handle = *handle,
                .cursor = nullptr};
  for (const std::string& domain : map.record.domain) {
    // What is not UTF-8 matches no key that is.
    if (FoldKey(domain, map.record.utf8, &key_)) map.domain.push_back(key_);
  }
  return map;
}

absl::StatusOr<std::shared_ptr<const CollationTable>> StoreView::LoadCollation(
    unsigned status, const std::string& digest) {
  std::shared_ptr<const CollationTable>& known = collations_[digest];
  if (known != nullptr) return known;
  std::string bytes;
  if (absl::Status read = Read(status, CollationKey(digest), &bytes);
      !read.ok()) {
    // The record names it.
    return absl::DataLossError(
        absl::StrCat("a collation of the store: ", read.message()));
  }
  absl::StatusOr<std::shared_ptr<const CollationTable>> table =
      ReadStoredCollation(bytes, digest);
  if (table.ok()) known = *table;
  return table;
}

// The sub-database is the one that was counted.
absl::Status StoreView::CheckSubDatabase(const MapRecord& record,
                                         unsigned handle) {
  MDB_stat counts = {};
  int code = MDB_SUCCESS;
  const bool survived =
      SurvivesFault([&] { code = mdb_stat(transaction_, handle, &counts); });
  if (!survived) reader_->environment_->MarkSuspect();
  if (survived && code == MDB_SUCCESS && counts.ms_entries == record.entries) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat("the store's sub-database ",
                                          record.sub_database, " is damaged"));
}

absl::StatusOr<unsigned> StoreView::Handle(const std::string& sub_database) {
  absl::StatusOr<unsigned> handle =
      reader_->environment_->SubDatabase(sub_database);
  if (!handle.ok()) return handle;
  unsigned flags = 0;
  stale_ = mdb_dbi_flags(transaction_, *handle, &flags) != MDB_SUCCESS;
  return handle;
}

absl::Status StoreView::Read(unsigned handle, absl::string_view key,
                             std::string* bytes) {
  MDB_val wanted = {key.size(), const_cast<char*>(key.data())};
  MDB_val found = {0, nullptr};
  int code = MDB_SUCCESS;
  // A value may lie beyond the end of the file. That is met before memory is
  // taken for it, which would be lost.
  const bool survived = SurvivesFault([&] {
    code = mdb_get(transaction_, handle, &wanted, &found);
    if (code != MDB_SUCCESS || found.mv_size > kMaxEntryBytes) return;
    TouchPages(found.mv_data, found.mv_size);
    bytes->assign(static_cast<const char*>(found.mv_data), found.mv_size);
    file_ = FindMappedFile(reader_->environment_->get(), found.mv_data);
  });
  if (!survived) {
    reader_->environment_->MarkSuspect();
    return absl::DataLossError("the store is damaged");
  }
  if (found.mv_size > kMaxEntryBytes) {
    return absl::DataLossError("the store is damaged");
  }
  return LmdbError(code, "store");
}

const MapRecord* StoreView::Record(size_t map) const {
  if (!state_.ok() || !maps_[map].has_value()) return nullptr;
  return &maps_[map]->record;
}

// The `domain` of mysql_table(5): such a map knows only full addresses of these
// domains. They are compared folded, as Postfix does.
bool StoreView::InDomain(absl::string_view key, const ServedMap& map) {
  if (map.record.domain.empty()) return true;
  const size_t at = key.rfind('@');
  if (at == absl::string_view::npos || at == 0) return false;
  if (!FoldKey(key.substr(at + 1), map.record.utf8, &asked_domain_)) {
    return false;
  }
  return std::find(map.domain.begin(), map.domain.end(), asked_domain_) !=
         map.domain.end();
}

Outcome StoreView::Lookup(size_t map, absl::string_view key,
                          std::string* value) {
  if (!state_.ok()) return Temporary(state_.message(), value);
  if (!maps_[map].has_value()) {
    // Nothing else takes a map away from an environment that is whole.
    Temporary(filled_.contains(names_[map])
                  ? "dropped by postmirror-sync, whose postmirror.cf does not "
                    "name it any more, reload postmirror-proxy: map "
                  : "not filled yet: map ",
              value);
    value->append(names_[map]);
    return Outcome::kTemporary;
  }
  ServedMap& served = *maps_[map];
  if (!InDomain(key, served)) return Outcome::kNotFound;
  const KeyKind kind = served.normalization.NormalizeKey(key, &key_);
  if (kind == KeyKind::kUnmatchable) return Outcome::kNotFound;
  Outcome outcome = Outcome::kNotFound;
  if (key_.size() <= kMaxKeyBytes) {
    outcome = Find(served, value);
  } else if (served.record.unstorable_rows > 0) {
    return Temporary("LMDB holds no key of this length", value);
  }
  if (outcome == Outcome::kNotFound && kind == KeyKind::kUncertain) {
    return Temporary("mirror_collation cannot tell whether there is such a key",
                     value);
  }
  return outcome;
}

Outcome StoreView::Find(ServedMap& map, std::string* value) {
  MDB_val found = {0, nullptr};
  int code = MDB_SUCCESS;
  char tag = 0;
  MDB_cursor* cursor = map.cursor.get();
  const bool survived = SurvivesFault([&] {
    code = OpenCursor(transaction_, map.handle, &cursor);
    if (code != MDB_SUCCESS) return;
    code = SearchTree(cursor, file_, map.record.entries, key_, &found);
    if (code != MDB_SUCCESS || found.mv_size == 0 ||
        found.mv_size > kMaxEntryBytes) {
      return;
    }
    TouchPages(found.mv_data, found.mv_size);
    const char* entry = static_cast<const char*>(found.mv_data);
    tag = entry[0];
    value->assign(entry + 1, found.mv_size - 1);
  });
  if (map.cursor == nullptr) map.cursor.reset(cursor);
  if (!survived) {
    reader_->environment_->MarkSuspect();
    return Temporary("the store is damaged", value);
  }
  if (code == MDB_NOTFOUND) return Outcome::kNotFound;
  if (code != MDB_SUCCESS) return Temporary(mdb_strerror(code), value);
  if (tag == kTemporaryTag) {
    return Temporary("expansion_limit is exceeded", value);
  }
  if (found.mv_size > kMaxEntryBytes) {
    return Temporary("the entry is over 16 MiB, or damaged", value);
  }
  if (tag != kValueTag || value->empty()) {
    return Temporary("the store is damaged", value);
  }
  return Outcome::kFound;
}

}  // namespace postmirror
