// The LMDB environment of a store: opened with the same constants by every
// program, checked for the traps that LMDB itself does not report. At most one
// for a store in a process: closing any descriptor of its lock file drops the
// process's locks.
#ifndef POSTMIRROR_SCHEMA_STORE_ENVIRONMENT_H_
#define POSTMIRROR_SCHEMA_STORE_ENVIRONMENT_H_

#include <sys/types.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/runtime/file_id.h"

struct MDB_env;
struct MDB_txn;

namespace postmirror {

class LockWait;

// The folder inside `store` that holds the environment of this release's
// format.
std::string FormatFolder(absl::string_view store);

// The status sub-database: "map/NAME" -> MapRecord, "collation/DIGEST" -> the
// bytes of a StoredCollation, "note/NAME" -> a digest and the bytes of a note
// of sync's own. Do not change: stored.
inline constexpr char kStatusSubDatabase[] = "status";
std::string RecordKey(absl::string_view map_name);
std::string CollationKey(absl::string_view digest);
std::string NoteKey(absl::string_view name);

class Environment {
 public:
  // Opens `store` for lookups. Fails where it does not exist, is damaged or cut
  // off, where others than its owner may replace its files, or where its lock
  // file cannot be written: LMDB would then silently read without a reader
  // slot, and see pages that the writer is reusing.
  static absl::StatusOr<std::unique_ptr<Environment>> OpenForReading(
      absl::string_view store);

  // Opens or creates `store` for its one writer and sets the modes of DESIGN:
  // folder 2750, data.mdb 0640, lock.mdb 0660. Fails with kDataLoss where it is
  // damaged. REQUIRES: the caller keeps other writers out.
  // `lock_wait`, which may be nullptr, must outlive the environment.
  static absl::StatusOr<std::unique_ptr<Environment>> OpenForWriting(
      absl::string_view store, LockWait* lock_wait);

  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  MDB_env* get() const { return environment_; }
  const std::string& folder() const { return folder_; }

  // To be told before LMDB waits for a lock; nullptr: nobody wants to know.
  LockWait* lock_wait() const { return lock_wait_; }

  // OK while the files on disk are the ones that are open.
  absl::Status CheckFiles() const;

  // Which data.mdb is open: the same text in every process that has that one,
  // by whatever path.
  std::string DataFile() const;

  // To be closed and opened again at the next opportunity, and not used before.
  // This and the next three may be called from any thread.
  void MarkUnusable() { unusable_.store(true, std::memory_order_relaxed); }
  bool unusable() const { return unusable_.load(std::memory_order_relaxed); }

  // A page of it could not be read: whether others can is worth another look,
  // until which they may be.
  void MarkSuspect() { suspect_.store(true, std::memory_order_relaxed); }
  bool suspect() const { return suspect_.load(std::memory_order_relaxed); }

  // Never to be closed: a fault left LMDB in its middle, where it may hold one
  // of its mutexes. They are robust, so that the thread's list of them points
  // into the mapped lock file until the process ends. Unusable from now on;
  // this process cannot open the same folder for writing again.
  void Abandon();

  // Begins to read, as mdb_txn_begin does. Where no reader slot is left, it
  // first frees those of killed readers. REQUIRES: called inside SurvivesFault.
  int BeginReading(MDB_txn** transaction);

  // Ends what BeginReading began, or did not: where a fault struck before there
  // was a transaction, LMDB may hold its mutex.
  void EndReading(bool survived, MDB_txn* transaction);

  // The handle of a sub-database, opened at its first use. A transaction begun
  // before that use does not know the handle. kNotFound where there is no such
  // sub-database. For readers only; may be called from any thread.
  absl::StatusOr<unsigned> SubDatabase(const std::string& name);

 private:
  explicit Environment(std::string folder, LockWait* lock_wait = nullptr)
      : folder_(std::move(folder)), lock_wait_(lock_wait) {}

  absl::Status Open(unsigned flags);
  absl::Status HoldFolder();
  absl::Status MakeLockFile() const;
  absl::Status CheckIsClosed() const;
  absl::Status CheckArePlain() const;
  absl::Status CheckReaderSlot();
  absl::Status OpenWithReaderSlot(unsigned flags);
  absl::StatusOr<FileId> Identify(absl::string_view file, off_t* size) const;

  const std::string folder_;
  LockWait* const lock_wait_;
  MDB_env* environment_ = nullptr;
  int held_file_ = -1;  // the writer's, see HoldFolder
  FileId data_file_;
  FileId lock_file_;
  off_t lock_bytes_ = 0;
  std::atomic<bool> unusable_ = false;
  std::atomic<bool> suspect_ = false;
  std::atomic<bool> abandoned_ = false;
  std::mutex handles_mutex_;
  std::map<std::string, unsigned> handles_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_ENVIRONMENT_H_
