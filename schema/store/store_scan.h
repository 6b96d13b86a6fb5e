// A walk through the entries of one sub-database.
#ifndef POSTMIRROR_SCHEMA_STORE_STORE_SCAN_H_
#define POSTMIRROR_SCHEMA_STORE_STORE_SCAN_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct MDB_cursor;
struct MDB_txn;

namespace postmirror {

class Environment;

// The entries of one sub-database in key order, at one moment. Pages of that
// moment are not reused while it lives. Not for concurrent use.
class StoreScan {
 public:
  // `environment` must outlive the scan. An empty name is LMDB's main database,
  // whose keys are the names of the sub-databases. kNotFound where there is no
  // such sub-database. REQUIRES: no other thread opens sub-databases.
  static absl::StatusOr<std::unique_ptr<StoreScan>> Open(
      Environment* environment, const std::string& sub_database);

  ~StoreScan();
  StoreScan(const StoreScan&) = delete;
  StoreScan& operator=(const StoreScan&) = delete;

  // Moves to the next (at first: the first) entry; false behind the last one.
  absl::StatusOr<bool> Next();

  // Moves to the entry with that key; false if there is none, and then it
  // stands nowhere. REQUIRES: the key is not empty.
  absl::StatusOr<bool> Find(absl::string_view key);

  // The entry's key and bytes (entry.h). Valid until the next move or
  // destruction. REQUIRES: the last move returned true.
  absl::string_view key() const { return key_; }
  absl::string_view entry() const { return entry_; }

 private:
  StoreScan() = default;

  // `key`: where a move with MDB_SET_KEY goes.
  absl::StatusOr<bool> Move(int step, absl::string_view key);

  MDB_txn* transaction_ = nullptr;
  MDB_cursor* cursor_ = nullptr;
  bool started_ = false;
  absl::string_view key_;
  absl::string_view entry_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_STORE_SCAN_H_
