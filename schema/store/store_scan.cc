#include "schema/store/store_scan.h"

#include <lmdb.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "schema/store/environment.h"
#include "schema/store/fault_guard.h"
#include "schema/store/store_error.h"

namespace postmirror {

absl::StatusOr<std::unique_ptr<StoreScan>> StoreScan::Open(
    Environment* environment, const std::string& sub_database) {
  const std::string what = absl::StrCat("store ", environment->folder(),
                                        ": sub-database ", sub_database);
  std::unique_ptr<StoreScan> scan(new StoreScan());
  int code = MDB_SUCCESS;
  if (!SurvivesFault([&] {
        code = environment->BeginReading(&scan->transaction_);
        MDB_dbi handle = 0;
        if (code == MDB_SUCCESS) {
          code = mdb_dbi_open(
              scan->transaction_,
              sub_database.empty() ? nullptr : sub_database.c_str(), 0,
              &handle);
        }
        if (code != MDB_SUCCESS) return;
        // Reads the tree's root, so that a fault of it does not come from
        // within mdb_cursor_open, which would leave its memory to nobody.
        MDB_stat counts;
        code = mdb_stat(scan->transaction_, handle, &counts);
        if (code != MDB_SUCCESS) return;
        code = mdb_cursor_open(scan->transaction_, handle, &scan->cursor_);
      })) {
    environment->EndReading(false, std::exchange(scan->transaction_, nullptr));
    return absl::DataLossError(absl::StrCat(what, ": cannot be read"));
  }
  if (code != MDB_SUCCESS) return LmdbError(code, what);
  return scan;
}

StoreScan::~StoreScan() {
  SurvivesFault([this] {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
    // Committed, so that the sub-database's handle stays open.
    if (transaction_ != nullptr) mdb_txn_commit(transaction_);
  });
}

absl::StatusOr<bool> StoreScan::Next() {
  absl::StatusOr<bool> moved = Move(started_ ? MDB_NEXT : MDB_FIRST, "");
  started_ = started_ || moved.value_or(false);
  return moved;
}

absl::StatusOr<bool> StoreScan::Find(absl::string_view key) {
  return Move(MDB_SET_KEY, key);
}

absl::StatusOr<bool> StoreScan::Move(int step, absl::string_view to) {
  MDB_val key = {to.size(), const_cast<char*>(to.data())};
  MDB_val entry = {0, nullptr};
  int code = MDB_SUCCESS;
  if (!SurvivesFault([&] {
        code = mdb_cursor_get(cursor_, &key, &entry,
                              static_cast<MDB_cursor_op>(step));
        if (code != MDB_SUCCESS) return;
        TouchPages(key.mv_data, key.mv_size);
        TouchPages(entry.mv_data, entry.mv_size);
      })) {
    return absl::DataLossError("store: a page cannot be read");
  }
  if (code == MDB_NOTFOUND) return false;
  if (code != MDB_SUCCESS) return LmdbError(code, "store: read");
  key_ = {static_cast<const char*>(key.mv_data), key.mv_size};
  entry_ = {static_cast<const char*>(entry.mv_data), entry.mv_size};
  return true;
}

}  // namespace postmirror
