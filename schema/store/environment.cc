#include "schema/store/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "schema/runtime/plain_file.h"
#include "schema/store/fault_guard.h"
#include "schema/store/lock_wait.h"
#include "schema/store/meta_check.h"
#include "schema/store/page_check.h"
#include "schema/store/reader_table.h"
#include "schema/store/store_error.h"

namespace postmirror {
namespace {

// Address space, not memory or disk: so large that the map never grows in
// service, which would make open readers fail (MDB_MAP_RESIZED).
constexpr size_t kMapBytes = size_t{256} << 30;
// Reader slots. Who creates the lock file decides: LMDB counts them by its
// size. It takes 64 bytes for each, and some for its mutexes.
constexpr unsigned kMaxReaders = 1024;
constexpr off_t kLockFileBytes = (off_t{kMaxReaders} + 64) * 64;
// Handles a process may open; sub-database names are never used again.
constexpr unsigned kMaxSubDatabases = 1024;

// Do not change: the reader's user has no more rights than these.
constexpr mode_t kFolderMode = 02750;
constexpr mode_t kDataFileMode = 0640;
constexpr mode_t kLockFileMode = 0660;
constexpr mode_t kHeldFileMode = 0600;

absl::Status MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), kFolderMode & 0777) == 0 || errno == EEXIST) {
    return absl::OkStatus();
  }
  return SystemError(errno, absl::StrCat("store ", path, ": mkdir"));
}

// Asks for the bit of the group only where the folder did not take it over from
// the one above: systemd's RestrictSUIDSGID= forbids that.
absl::Status SetFolderMode(const std::string& path) {
  const FileDescriptor folder(
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.open()) {
    return SystemError(errno, absl::StrCat("store ", path, ": open"));
  }
  struct stat facts = {};
  const bool differs = fstat(folder.get(), &facts) != 0 ||
                       (facts.st_mode & 07777) != kFolderMode;
  if (differs && fchmod(folder.get(), kFolderMode) != 0) {
    return SystemError(errno, absl::StrCat("store ", path, ": chmod"));
  }
  return absl::OkStatus();
}

}  // namespace

std::string FormatFolder(absl::string_view store) {
  // Do not change: stored. A new format gets a new folder.
  return absl::StrCat(store, "/v1");
}

std::string RecordKey(absl::string_view map_name) {
  return absl::StrCat("map/", map_name);
}

std::string CollationKey(absl::string_view digest) {
  return absl::StrCat("collation/", digest);
}

std::string NoteKey(absl::string_view name) {
  return absl::StrCat("note/", name);
}

Environment::~Environment() {
  if (abandoned_) return;
  if (environment_ != nullptr) {
    // It clears reader slots in the lock file, which may be cut off.
    SurvivesFault([this] { mdb_env_close(environment_); });
  }
  if (held_file_ >= 0) close(held_file_);
}

absl::StatusOr<std::unique_ptr<Environment>> Environment::OpenForReading(
    absl::string_view store) {
  const std::string folder = FormatFolder(store);
  if (access(absl::StrCat(folder, "/data.mdb").c_str(), F_OK) != 0 &&
      errno == ENOENT) {
    return absl::UnavailableError(
        absl::StrCat("store ", folder,
                     ": not there yet, postmirror-sync has not filled it"));
  }
  std::unique_ptr<Environment> environment(new Environment(folder));
  // Before LMDB opens them, which would follow links.
  if (absl::Status closed = environment->CheckIsClosed(); !closed.ok()) {
    return closed;
  }
  if (absl::Status plain = environment->CheckArePlain(); !plain.ok()) {
    return plain;
  }
  // Asked by faccessat(2), not by opening: see the class comment. LMDB falls
  // back to no locks at all on a read-only file system.
  const std::string lock = absl::StrCat(folder, "/lock.mdb");
  if (faccessat(AT_FDCWD, lock.c_str(), R_OK | W_OK, AT_EACCESS) != 0) {
    return SystemError(
        errno, absl::StrCat("store ", lock,
                            ": a reader must be able to write the lock file "
                            "(mode 0660, a common group, not a read-only "
                            "mount)"));
  }
  absl::Status status = environment->OpenWithReaderSlot(MDB_RDONLY | MDB_NOTLS);
  if (status.ok()) status = CheckPages(environment.get());
  if (!status.ok()) return status;
  return environment;
}

absl::StatusOr<std::unique_ptr<Environment>> Environment::OpenForWriting(
    absl::string_view store, LockWait* lock_wait) {
  std::unique_ptr<Environment> environment(
      new Environment(FormatFolder(store), lock_wait));
  absl::Status status = MakeFolder(std::string(store));
  if (status.ok()) status = MakeFolder(environment->folder());
  if (status.ok()) status = SetFolderMode(environment->folder());
  if (status.ok()) status = environment->HoldFolder();
  if (status.ok()) status = environment->MakeLockFile();
  // The writer reads, too.
  if (status.ok()) {
    status = environment->OpenWithReaderSlot(MDB_NOTLS | MDB_NOMETASYNC);
  }
  if (status.ok()) status = CheckPages(environment.get());
  if (!status.ok()) return status;
  int data = -1;
  mdb_env_get_fd(environment->get(), &data);
  if (fchmod(data, kDataFileMode) != 0) {
    return SystemError(errno, absl::StrCat("store ", environment->folder(),
                                           "/data.mdb: chmod"));
  }
  return environment;
}

// Locks the folder, by a file that nobody else may open, and so lock. An
// abandoned environment of this process may hold an LMDB mutex for ever. It
// also keeps this lock, so that opening the folder again fails here instead of
// waiting for that mutex.
absl::Status Environment::HoldFolder() {
  const std::string path = absl::StrCat(folder_, "/writer.lock");
  FileDescriptor file = OpenPlainFile(path, O_RDWR | O_CREAT, kHeldFileMode);
  if (!file.open()) return PlainFileError(errno, absl::StrCat("store ", path));
  fchmod(file.get(), kHeldFileMode);  // whatever the umask
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::UnavailableError(
        absl::StrCat("store ", folder_,
                     ": is locked since it was damaged while it was open, "
                     "restart postmirror-sync"));
  }
  held_file_ = file.Release();
  return absl::OkStatus();
}

// Gives the lock file its disk blocks before it is mapped: LMDB leaves holes,
// and on a full disk the first use of one is SIGBUS. Not later: closing its
// descriptor drops the locks that LMDB holds on it.
absl::Status Environment::MakeLockFile() const {
  const std::string path = absl::StrCat(folder_, "/lock.mdb");
  const FileDescriptor file = OpenPlainFile(path, O_RDWR | O_CREAT, 0600);
  if (!file.open()) return PlainFileError(errno, absl::StrCat("store ", path));
  struct stat facts = {};
  int error = fstat(file.get(), &facts) == 0 ? 0 : errno;
  if (error == 0) {
    // Readers that have it open count their slots by the size it has.
    error = posix_fallocate(
        file.get(), 0, facts.st_size == 0 ? kLockFileBytes : facts.st_size);
  }
  if (error == 0 && fchmod(file.get(), kLockFileMode) != 0) {
    error = errno;
  }
  return error == 0 ? absl::OkStatus()
                    : SystemError(error, absl::StrCat("store ", path));
}

absl::Status Environment::Open(unsigned flags) {
  const std::string what = absl::StrCat("store ", folder_, ": open");
  if (absl::Status sound = CheckMetaPages(folder_, kMapBytes); !sound.ok()) {
    return sound;
  }
  if (int code = mdb_env_create(&environment_); code != MDB_SUCCESS) {
    environment_ = nullptr;
    return LmdbError(code, what);
  }
  GuardAssertions(environment_);
  mdb_env_set_mapsize(environment_, kMapBytes);
  mdb_env_set_maxreaders(environment_, kMaxReaders);
  mdb_env_set_maxdbs(environment_, kMaxSubDatabases);
  int code = MDB_SUCCESS;
  const LockWait::Scope waits(lock_wait_, LockWait::For::kOpening);
  if (!SurvivesFault([&] {
        code =
            mdb_env_open(environment_, folder_.c_str(), flags, kDataFileMode);
      })) {
    environment_ = nullptr;  // left in its middle: better leaked than closed
    return absl::DataLossError(absl::StrCat(what, ": the file is cut off"));
  }
  if (code == ENOMEM) {
    return absl::UnavailableError(absl::StrCat(
        what, ": ", mdb_strerror(code), ": it takes ", kMapBytes >> 30,
        " GiB of addresses, not of memory, raise this process's limit "
        "(ulimit -v, LimitAS=)"));
  }
  if (code != MDB_SUCCESS) return LmdbError(code, what);
  off_t data_bytes = 0;
  const absl::StatusOr<FileId> data = Identify("data.mdb", &data_bytes);
  if (!data.ok()) return data.status();
  const absl::StatusOr<FileId> lock = Identify("lock.mdb", &lock_bytes_);
  if (!lock.ok()) return lock.status();
  data_file_ = *data;
  lock_file_ = *lock;
  return absl::OkStatus();
}

absl::StatusOr<FileId> Environment::Identify(absl::string_view file,
                                             off_t* size) const {
  const std::string path = absl::StrCat(folder_, "/", file);
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) {
    return SystemError(errno, absl::StrCat("store ", path));
  }
  if (!S_ISREG(status.st_mode)) {
    return PlainFileError(ELOOP, absl::StrCat("store ", path));
  }
  *size = status.st_size;
  return IdOf(status);
}

// Who may write to the folder could put a link in place of a file between
// CheckArePlain and LMDB's open. sync lets nobody do so, but the folder may
// have been given other rights since.
absl::Status Environment::CheckIsClosed() const {
  struct stat facts = {};
  if (stat(folder_.c_str(), &facts) != 0) {
    return SystemError(errno, absl::StrCat("store ", folder_));
  }
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) == 0) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("store ", folder_,
                   ": others than its owner may write to it, and could put "
                   "links there: chmod go-w ",
                   folder_));
}

absl::Status Environment::CheckArePlain() const {
  off_t ignored = 0;
  const absl::StatusOr<FileId> data = Identify("data.mdb", &ignored);
  return data.ok() ? Identify("lock.mdb", &ignored).status() : data.status();
}

absl::Status Environment::CheckFiles() const {
  off_t bytes = 0;
  const absl::StatusOr<FileId> data = Identify("data.mdb", &bytes);
  if (!data.ok()) return data.status();
  const absl::StatusOr<FileId> lock = Identify("lock.mdb", &bytes);
  if (!lock.ok()) return lock.status();
  if (*data != data_file_ || *lock != lock_file_) {
    return absl::UnavailableError(
        absl::StrCat("store ", folder_, ": its files were replaced"));
  }
  if (bytes < lock_bytes_) {
    return absl::UnavailableError(
        absl::StrCat("store ", folder_, ": lock.mdb was cut off"));
  }
  return absl::OkStatus();
}

std::string Environment::DataFile() const {
  return absl::StrCat(data_file_.device, ":", data_file_.inode);
}

void Environment::Abandon() {
  abandoned_ = true;
  MarkUnusable();
}

int Environment::BeginReading(MDB_txn** transaction) {
  int code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, transaction);
  if (IsPastTheMap(code)) MarkUnusable();
  if (code != MDB_READERS_FULL) return code;
  // Slots of killed readers stay taken until somebody looks.
  mdb_reader_check(environment_, nullptr);
  return mdb_txn_begin(environment_, nullptr, MDB_RDONLY, transaction);
}

// A process that was killed while it read leaves its slot. LMDB takes it for
// one of a living process as soon as there is one of the same number: as a rule
// that is 1, its successor in the same container. But with our number locked,
// all its slots are ours, and closing clears them.
absl::Status Environment::OpenWithReaderSlot(unsigned flags) {
  absl::Status status = Open(flags);
  if (!status.ok()) return status;
  bool again = false;
  SurvivesFault([&] { again = HasOwnSlots(environment_); });
  status = CheckReaderSlot();
  if (!status.ok() || !again) return status;
  MDB_env* const former = std::exchange(environment_, nullptr);
  if (!SurvivesFault([former] { mdb_env_close(former); })) {
    return absl::DataLossError(
        absl::StrCat("store ", folder_, ": lock.mdb is cut off"));
  }
  status = Open(flags);
  return status.ok() ? CheckReaderSlot() : status;
}

absl::Status Environment::CheckReaderSlot() {
  MDB_txn* transaction = nullptr;
  MDB_envinfo facts = {};
  int code = MDB_SUCCESS;
  const LockWait::Scope waits(lock_wait_);
  const bool survived = SurvivesFault([&] {
    code = BeginReading(&transaction);
    mdb_env_info(environment_, &facts);
  });
  EndReading(survived, transaction);
  if (!survived) {
    return absl::DataLossError(
        absl::StrCat("store ", folder_, ": cannot be read"));
  }
  if (code == EAGAIN) {
    // LMDB marks a reader by a lock on the byte of its process's number.
    return absl::FailedPreconditionError(absl::StrCat(
        "store ", folder_, ": another process with our number ", getpid(),
        " reads it, from another container: let them share one PID "
        "namespace (docker: --pid=container:NAME, Kubernetes: "
        "shareProcessNamespace: true)"));
  }
  if (code != MDB_SUCCESS) {
    return LmdbError(code, absl::StrCat("store ", folder_, ": begin"));
  }
  // An environment without a lock table counts no readers.
  if (facts.me_numreaders == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("store ", folder_,
                     ": no reader slot, is lock.mdb on a read-only mount?"));
  }
  return absl::OkStatus();
}

void Environment::EndReading(bool survived, MDB_txn* transaction) {
  if (transaction != nullptr) {
    SurvivesFault([&] { mdb_txn_abort(transaction); });
  } else if (!survived) {
    Abandon();
  }
}

absl::StatusOr<unsigned> Environment::SubDatabase(const std::string& name) {
  // LMDB opens handles in one transaction of a process at a time.
  const std::lock_guard<std::mutex> lock(handles_mutex_);
  if (const auto known = handles_.find(name); known != handles_.end()) {
    return known->second;
  }
  MDB_txn* transaction = nullptr;
  MDB_dbi handle = 0;
  int code = MDB_SUCCESS;
  const bool survived = SurvivesFault([&] {
    code = BeginReading(&transaction);
    if (code == MDB_SUCCESS) {
      code = mdb_dbi_open(transaction, name.c_str(), 0, &handle);
    }
    // Committed, so that the handle stays open.
    if (code == MDB_SUCCESS) {
      code = mdb_txn_commit(std::exchange(transaction, nullptr));
    }
  });
  EndReading(survived, transaction);
  if (!survived) {
    MarkUnusable();
    return absl::DataLossError(
        absl::StrCat("store ", folder_, ": cannot be read"));
  }
  if (code == MDB_DBS_FULL) MarkUnusable();
  if (code != MDB_SUCCESS) {
    return LmdbError(code,
                     absl::StrCat("store ", folder_, ": sub-database ", name));
  }
  handles_.emplace(name, handle);
  return handle;
}

}  // namespace postmirror
