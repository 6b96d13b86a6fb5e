// The store as its one writer sees it: postmirror-sync. A second writer on the
// same store is refused. Not for concurrent use: sync serializes its loops
// around it, since LMDB opens sub-databases in one transaction of a process at
// a time.
#ifndef POSTMIRROR_SCHEMA_STORE_STORE_WRITER_H_
#define POSTMIRROR_SCHEMA_STORE_STORE_WRITER_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/runtime/file_descriptor.h"
#include "schema/store/map_record.h"
#include "schema/store/reader_table.h"
#include "schema/store/store_scan.h"
#include "schema/store/store_transaction.h"
#include "schema/store/stored_collation.h"

namespace postmirror {

class Environment;
class LockWait;

class StoreWriter {
 public:
  // Opens or creates `store`, and holds it: kAborted where another sync does,
  // kDataLoss where the environment is damaged (see SetAside), or where two
  // writers have died of it since ForgetDeaths.
  // `lock_wait` is told of what waits for LMDB's locks, here and later; it must
  // outlive the writer.
  static absl::StatusOr<std::unique_ptr<StoreWriter>> Open(
      absl::string_view store, LockWait* lock_wait = nullptr);

  // Renames the damaged environment of `store` to "v1.damaged", in place of an
  // earlier one, so that Open makes a new one. REQUIRES: no StoreWriter is open
  // on it in this process.
  static absl::Status SetAside(absl::string_view store);

  ~StoreWriter();
  StoreWriter(const StoreWriter&) = delete;
  StoreWriter& operator=(const StoreWriter&) = delete;

  // The folder of the environment; sync keeps its other files there too.
  const std::string& folder() const;

  // Environment::DataFile
  std::string DataFile() const;

  // OK while the files on disk are the ones that are open, and can be written.
  // Otherwise the store is to be opened again.
  absl::Status CheckFiles() const;

  // What was to be written was: the deaths of earlier writers had another
  // cause.
  void ForgetDeaths();

  // Frees the reader slots of readers that were killed; returns how many.
  absl::StatusOr<int> ClearStaleReaders();

  // The readers that are at a commit which is not the last.
  absl::StatusOr<std::vector<ReaderSlot>> LateReaders();

  // What the store knows, by map name. kDataLoss also where a record's
  // collation is not there as it was written.
  absl::StatusOr<std::map<std::string, MapRecord>> ReadRecords();

  // A collation that records name by its digest.
  absl::StatusOr<StoredCollation> ReadCollation(const std::string& digest);

  // The notes of StoreTransaction::PutNote, by name; nullopt where one is not
  // as it was written: what it said is not known, which its reader has to mind.
  absl::StatusOr<std::map<std::string, std::optional<std::string>>> ReadNotes();

  // The writer must outlive the scan and the transaction. REQUIRES: a scan is
  // gone before a transaction drops its sub-database.
  absl::StatusOr<std::unique_ptr<StoreScan>> Scan(
      const std::string& sub_database);

  // REQUIRES: no other transaction of this writer is alive.
  absl::StatusOr<std::unique_ptr<StoreTransaction>> Begin();

 private:
  static absl::StatusOr<std::unique_ptr<StoreWriter>> OpenHeld(
      absl::string_view store, LockWait* lock_wait, FileDescriptor lock_file);
  StoreWriter(FileDescriptor lock_file,
              std::unique_ptr<Environment> environment);

  const FileDescriptor
      lock_file_;  // holds the store for this process, by fcntl(2)
  const std::unique_ptr<Environment> environment_;
  bool forgot_deaths_ = false;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_STORE_WRITER_H_
