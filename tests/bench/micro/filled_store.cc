#include "tests/bench/micro/filled_store.h"

#include <algorithm>
#include <cstdio>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "schema/key/collation_rules.h"
#include "schema/store/entry.h"
#include "schema/store/environment.h"
#include "schema/store/store_view.h"
#include "schema/store/store_writer.h"
#include "schema/store/stored_collation.h"

namespace postmirror {
namespace {

constexpr size_t kMostKeys = 200'000;

// Ascending with the number, and of the length of an address.
std::string Key(size_t number, absl::string_view behind = "") {
  return absl::StrFormat("anna%09d%s@mail%05d.example", number, behind,
                         number % 10'000);
}

std::string Value(size_t number) {
  return absl::StrFormat("user%08d@mail%05d.example", number / 10,
                         number % 10'000);
}

// Returns the name of the sub-database.
absl::StatusOr<std::string> Fill(const std::string& folder, size_t entries) {
  auto writer = StoreWriter::Open(folder);
  if (!writer.ok()) return writer.status();
  auto transaction = (*writer)->Begin();
  if (!transaction.ok()) return transaction.status();
  auto name = (*transaction)->CreateSubDatabase();
  if (!name.ok()) return name.status();
  absl::Status status;
  for (size_t i = 0; i < entries && status.ok(); ++i) {
    const std::string entry = absl::StrCat(std::string(1, kValueTag), Value(i));
    status = (*transaction)->Put(*name, Key(i), entry, true);
  }
  const StoredCollation collation = MakeStoredCollation(AsciiCiRules());
  if (status.ok()) status = (*transaction)->PutCollation(collation);
  MapRecord record;
  record.sub_database = *name;
  record.key_collation = collation.name;
  record.collation_digest = collation.digest;
  record.entries = entries;
  if (status.ok()) {
    status = (*transaction)->PutRecord(FilledStore::kMap, record);
  }
  if (status.ok()) status = (*transaction)->Commit();
  if (!status.ok()) return status;
  return name;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FilledStore>> FilledStore::Make(
    const std::string& folder, size_t entries) {
  // The writer is closed again before the reader opens the store.
  const absl::StatusOr<std::string> sub_database = Fill(folder, entries);
  if (!sub_database.ok()) return sub_database.status();
  std::unique_ptr<FilledStore> made(new FilledStore(folder));
  if (absl::Status opened = made->reader_.Refresh(); !opened.ok()) {
    return opened;
  }
  made->bare_ = BareLmdb::Open(FormatFolder(folder), *sub_database);
  if (made->bare_ == nullptr) {
    return absl::InternalError("LMDB does not open the store");
  }
  made->ChooseKeys(entries);
  if (absl::Status checked = made->CheckKeys(); !checked.ok()) return checked;
  return made;
}

void FilledStore::ChooseKeys(size_t entries) {
  // The same ones in every run.
  std::mt19937_64 random(entries);  // NOLINT(bugprone-random-generator-seed)
  std::uniform_int_distribution<size_t> any(0, entries - 1);
  for (size_t i = 0; i < std::min(entries, kMostKeys); ++i) {
    hits_.push_back(Key(any(random)));
    misses_.push_back(Key(any(random), "x"));
  }
}

absl::Status FilledStore::CheckKeys() {
  StoreView view(&reader_, {kMap});
  view.Begin();
  absl::Status status = view.state();
  std::string value;
  for (size_t i = 0; i < hits_.size() && status.ok(); ++i) {
    const auto bytes = bare_->Get(hits_[i]);
    if (view.Lookup(0, hits_[i], &value) != Outcome::kFound || !bytes ||
        bytes->substr(1) != value || value.find(".example") == value.npos) {
      status = absl::InternalError(absl::StrCat(hits_[i], ": ", value));
    } else if (view.Lookup(0, misses_[i], &value) != Outcome::kNotFound ||
               bare_->Get(misses_[i])) {
      status = absl::InternalError(absl::StrCat(misses_[i], ": is found"));
    }
  }
  view.End();
  return status;
}

FilledStore* FilledStores::Get(size_t entries) {
  std::unique_ptr<FilledStore>& store = stores_[entries];
  if (store == nullptr) {
    auto made = FilledStore::Make(absl::StrCat(folder_, "/", entries), entries);
    if (!made.ok()) {
      const std::string why(made.status().message());
      std::fprintf(stderr, "a store of %zu entries: %s\n", entries,
                   why.c_str());
      return nullptr;
    }
    store = *std::move(made);
  }
  return store.get();
}

}  // namespace postmirror
