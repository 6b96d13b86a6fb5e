// A change of the store, as its one writer makes it.
#ifndef POSTMIRROR_SCHEMA_STORE_STORE_TRANSACTION_H_
#define POSTMIRROR_SCHEMA_STORE_STORE_TRANSACTION_H_

#include <map>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/store/map_record.h"
#include "schema/store/stored_collation.h"

struct MDB_txn;

namespace postmirror {

class Environment;

// One change of the store, seen by readers as a whole at Commit or, if it is
// destroyed before, never. After a failure it is good for nothing but
// destruction. Fails with kResourceExhausted where there is no room, with
// kDataLoss where the store is damaged, with kInvalidArgument where a key is
// empty, longer than LMDB holds, or out of order.
class StoreTransaction {
 public:
  ~StoreTransaction();
  StoreTransaction(const StoreTransaction&) = delete;
  StoreTransaction& operator=(const StoreTransaction&) = delete;

  // Creates an empty sub-database and returns its name, never used before.
  absl::StatusOr<std::string> CreateSubDatabase();
  absl::Status DropSubDatabase(const std::string& name);

  // `append`: the key is greater than all keys of the sub-database.
  absl::Status Put(const std::string& sub_database, absl::string_view key,
                   absl::string_view entry, bool append);
  absl::Status Delete(const std::string& sub_database, absl::string_view key);

  absl::Status PutRecord(absl::string_view map, const MapRecord& record);
  absl::Status DeleteRecord(absl::string_view map);

  // A collation that records name by its digest.
  absl::Status PutCollation(const StoredCollation& collation);
  absl::Status DeleteCollation(absl::string_view digest);

  // What sync remembers of its own beside the data, in the same moment: up to
  // 506 bytes of name. Kept with a digest (StoreWriter::ReadNotes).
  absl::Status PutNote(absl::string_view name, absl::string_view bytes);
  // kNotFound where there is none.
  absl::Status DeleteNote(absl::string_view name);

  // Durable when it returns OK; otherwise the store is as before.
  absl::Status Commit();

 private:
  friend class StoreWriter;

  explicit StoreTransaction(Environment* environment)
      : environment_(environment) {}
  static absl::StatusOr<std::unique_ptr<StoreTransaction>> Begin(
      Environment* environment);

  // Runs calls of LMDB that return its code, and translates it.
  absl::Status Do(absl::string_view what, absl::FunctionRef<int()> call);
  absl::StatusOr<unsigned> Handle(const std::string& sub_database,
                                  unsigned flags);

  Environment* const environment_;
  MDB_txn* transaction_ = nullptr;
  std::map<std::string, unsigned> handles_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_STORE_TRANSACTION_H_
