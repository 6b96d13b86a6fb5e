#include "schema/store/store_transaction.h"

#include <lmdb.h>

#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/digest.h"
#include "schema/store/environment.h"
#include "schema/store/fault_guard.h"
#include "schema/store/lock_wait.h"
#include "schema/store/store_error.h"

namespace postmirror {
namespace {

// Do not change: stored. The number of the sub-database created last.
constexpr absl::string_view kLastNumberKey = "last_sub_database";

MDB_val Bytes(absl::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

absl::string_view Text(const MDB_val& bytes) {
  return {static_cast<const char*>(bytes.mv_data), bytes.mv_size};
}

}  // namespace

absl::StatusOr<std::unique_ptr<StoreTransaction>> StoreTransaction::Begin(
    Environment* environment) {
  if (environment->unusable()) {
    return absl::UnavailableError(absl::StrCat("store ", environment->folder(),
                                               ": has to be opened again"));
  }
  std::unique_ptr<StoreTransaction> transaction(
      new StoreTransaction(environment));
  MDB_txn* begun = nullptr;
  const LockWait::Scope waits(environment->lock_wait());
  if (absl::Status status = transaction->Do(
          "begin",
          [&] {
            return mdb_txn_begin(environment->get(), nullptr, 0, &begun);
          });
      !status.ok()) {
    return status;
  }
  transaction->transaction_ = begun;
  NoteWriting(true);
  return transaction;
}

StoreTransaction::~StoreTransaction() {
  NoteWriting(false);
  if (transaction_ == nullptr) return;
  if (!SurvivesFault([this] { mdb_txn_abort(transaction_); })) {
    environment_->Abandon();
  }
}

absl::Status StoreTransaction::Do(absl::string_view what,
                                  absl::FunctionRef<int()> call) {
  int code = MDB_SUCCESS;
  if (!SurvivesFault([&] { code = call(); })) {
    // Left in its middle: to abort it would free what is not LMDB's to free.
    transaction_ = nullptr;
    environment_->Abandon();
    return absl::DataLossError(absl::StrCat("store ", environment_->folder(),
                                            ": ", what,
                                            ": a page cannot be read"));
  }
  if (code == MDB_SUCCESS) return absl::OkStatus();
  if (code == MDB_PANIC || IsPastTheMap(code)) environment_->MarkUnusable();
  absl::Status status = LmdbError(
      code, absl::StrCat("store ", environment_->folder(), ": ", what));
  if (absl::IsDataLoss(status)) {
    // To abort it would go by the same pages.
    transaction_ = nullptr;
    environment_->Abandon();
  }
  return status;
}

absl::StatusOr<unsigned> StoreTransaction::Handle(
    const std::string& sub_database, unsigned flags) {
  if (transaction_ == nullptr) {
    return absl::UnavailableError("store: the transaction has ended");
  }
  if (const auto known = handles_.find(sub_database); known != handles_.end()) {
    return known->second;
  }
  MDB_dbi handle = 0;
  if (absl::Status opened = Do(absl::StrCat("sub-database ", sub_database),
                               [&] {
                                 return mdb_dbi_open(transaction_,
                                                     sub_database.c_str(),
                                                     flags, &handle);
                               });
      !opened.ok()) {
    return opened;
  }
  handles_.emplace(sub_database, handle);
  return handle;
}

absl::StatusOr<std::string> StoreTransaction::CreateSubDatabase() {
  const absl::StatusOr<unsigned> status = Handle(kStatusSubDatabase, 0);
  if (!status.ok()) return status.status();
  MDB_val key = Bytes(kLastNumberKey);
  MDB_val bytes = {0, nullptr};
  absl::Status read =
      Do("read", [&] { return mdb_get(transaction_, *status, &key, &bytes); });
  if (!read.ok() && !absl::IsNotFound(read)) return read;
  uint64_t number = 0;
  if (read.ok() && !absl::SimpleAtoi(Text(bytes), &number)) {
    return absl::DataLossError("store: last_sub_database is damaged");
  }
  const std::string text = absl::StrCat(number + 1);
  if (absl::Status put = Put(kStatusSubDatabase, kLastNumberKey, text, false);
      !put.ok()) {
    return put;
  }
  std::string name = absl::StrCat("m", text);
  if (absl::StatusOr<unsigned> made = Handle(name, MDB_CREATE); !made.ok()) {
    return made.status();
  }
  return name;
}

absl::Status StoreTransaction::DropSubDatabase(const std::string& name) {
  const absl::StatusOr<unsigned> handle = Handle(name, 0);
  if (!handle.ok()) return handle.status();
  handles_.erase(name);
  return Do("drop", [&] { return mdb_drop(transaction_, *handle, 1); });
}

absl::Status StoreTransaction::Put(const std::string& sub_database,
                                   absl::string_view key,
                                   absl::string_view entry, bool append) {
  const absl::StatusOr<unsigned> handle = Handle(sub_database, 0);
  if (!handle.ok()) return handle.status();
  MDB_val key_bytes = Bytes(key);
  MDB_val entry_bytes = Bytes(entry);
  return Do("write", [&] {
    return mdb_put(transaction_, *handle, &key_bytes, &entry_bytes,
                   append ? MDB_APPEND : 0);
  });
}

absl::Status StoreTransaction::Delete(const std::string& sub_database,
                                      absl::string_view key) {
  const absl::StatusOr<unsigned> handle = Handle(sub_database, 0);
  if (!handle.ok()) return handle.status();
  MDB_val key_bytes = Bytes(key);
  return Do("delete", [&] {
    return mdb_del(transaction_, *handle, &key_bytes, nullptr);
  });
}

absl::Status StoreTransaction::PutRecord(absl::string_view map,
                                         const MapRecord& record) {
  return Put(kStatusSubDatabase, RecordKey(map), EncodeMapRecord(record),
             false);
}

absl::Status StoreTransaction::DeleteRecord(absl::string_view map) {
  return Delete(kStatusSubDatabase, RecordKey(map));
}

absl::Status StoreTransaction::PutCollation(const StoredCollation& collation) {
  return Put(kStatusSubDatabase, CollationKey(collation.digest),
             collation.bytes, false);
}

absl::Status StoreTransaction::DeleteCollation(absl::string_view digest) {
  return Delete(kStatusSubDatabase, CollationKey(digest));
}

absl::Status StoreTransaction::PutNote(absl::string_view name,
                                       absl::string_view bytes) {
  return Put(kStatusSubDatabase, NoteKey(name),
             absl::StrCat(DigestText(bytes), bytes), false);
}

absl::Status StoreTransaction::DeleteNote(absl::string_view name) {
  return Delete(kStatusSubDatabase, NoteKey(name));
}

absl::Status StoreTransaction::Commit() {
  if (transaction_ == nullptr) {
    return absl::UnavailableError("store: the transaction has ended");
  }
  MDB_txn* const transaction = std::exchange(transaction_, nullptr);
  return Do("commit", [&] { return mdb_txn_commit(transaction); });
}

}  // namespace postmirror
