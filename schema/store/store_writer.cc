#include "schema/store/store_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "schema/runtime/digest.h"
#include "schema/runtime/make_folder.h"
#include "schema/runtime/plain_file.h"
#include "schema/store/environment.h"
#include "schema/store/fault_guard.h"
#include "schema/store/lock_wait.h"
#include "schema/store/reader_table.h"
#include "schema/store/store_error.h"

namespace postmirror {
namespace {

std::string WriterLockPath(absl::string_view store) {
  return absl::StrCat(store, "/sync.lock");
}

absl::StatusOr<FileDescriptor> HoldStore(absl::string_view store) {
  // What is wrong with the folder the file tells.
  MakeFolder(std::string(store), 02750).IgnoreError();
  const std::string path = WriterLockPath(store);
  // Whoever can open it can lock it, and so keep us from starting.
  FileDescriptor file = OpenPlainFile(path, O_RDWR | O_CREAT, 0600);
  if (!file.open()) {
    return PlainFileError(errno, absl::StrCat("store ", path, ": open"));
  }
  fchmod(file.get(), 0600);  // an earlier release let its group read it
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  if (fcntl(file.get(), F_OFD_SETLK, &whole) == 0) return file;
  const int error = errno;
  if (error != EAGAIN && error != EACCES) {
    return SystemError(error, absl::StrCat("store ", path, ": lock"));
  }
  return absl::AbortedError(absl::StrCat(
      "store ", store, ": another postmirror-sync is running on it"));
}

// One may be chance: bad memory, or a signal from elsewhere.
constexpr unsigned char kDeathsByDamage = 2;

absl::Status CheckDeaths(absl::string_view store, int lock_file) {
  unsigned char deaths = 0;
  if (pread(lock_file, &deaths, 1, 0) == 1 && deaths >= kDeathsByDamage) {
    return absl::DataLossError(absl::StrCat(
        "store ", store, ": postmirror-sync died of it ", deaths, " times"));
  }
  return absl::OkStatus();
}

bool SetNoDeaths(int lock_file) {
  constexpr unsigned char kNone = 0;
  return pwrite(lock_file, &kNone, 1, 0) == 1;
}

}  // namespace

absl::StatusOr<std::unique_ptr<StoreWriter>> StoreWriter::Open(
    absl::string_view store, LockWait* lock_wait) {
  absl::StatusOr<FileDescriptor> lock_file = HoldStore(store);
  if (!lock_file.ok()) return lock_file.status();
  if (absl::Status sound = CheckDeaths(store, lock_file->get()); !sound.ok()) {
    return sound;
  }
  CountDeaths(lock_file->get());
  absl::StatusOr<std::unique_ptr<StoreWriter>> writer =
      OpenHeld(store, lock_wait, *std::move(lock_file));
  if (!writer.ok()) CountDeaths(-1);
  return writer;
}

absl::StatusOr<std::unique_ptr<StoreWriter>> StoreWriter::OpenHeld(
    absl::string_view store, LockWait* lock_wait, FileDescriptor lock_file) {
  absl::StatusOr<std::unique_ptr<Environment>> environment =
      Environment::OpenForWriting(store, lock_wait);
  if (!environment.ok()) return environment.status();
  std::unique_ptr<StoreWriter> writer(
      new StoreWriter(std::move(lock_file), *std::move(environment)));
  absl::StatusOr<std::unique_ptr<StoreTransaction>> first = writer->Begin();
  if (!first.ok()) return first.status();
  if (absl::StatusOr<unsigned> status =
          (*first)->Handle(kStatusSubDatabase, MDB_CREATE);
      !status.ok()) {
    return status.status();
  }
  // Writes nothing if it was there.
  if (absl::Status committed = (*first)->Commit(); !committed.ok()) {
    return committed;
  }
  return writer;
}

absl::Status StoreWriter::SetAside(absl::string_view store) {
  const std::string folder = FormatFolder(store);
  // Those of the new one are counted from none.
  const FileDescriptor lock_file = OpenPlainFile(WriterLockPath(store), O_RDWR);
  if (lock_file.open() && !SetNoDeaths(lock_file.get())) {
    return SystemError(errno, absl::StrCat("store ", WriterLockPath(store)));
  }
  const std::string aside = absl::StrCat(folder, ".damaged");
  std::error_code error;
  std::filesystem::remove_all(aside, error);
  std::filesystem::rename(folder, aside, error);
  if (!error) return absl::OkStatus();
  return SystemError(error.value(),
                     absl::StrCat("store ", folder, ": rename to ", aside));
}

StoreWriter::StoreWriter(FileDescriptor lock_file,
                         std::unique_ptr<Environment> environment)
    : lock_file_(std::move(lock_file)), environment_(std::move(environment)) {}

StoreWriter::~StoreWriter() { CountDeaths(-1); }

void StoreWriter::ForgetDeaths() {
  if (!forgot_deaths_) forgot_deaths_ = SetNoDeaths(lock_file_.get());
}

const std::string& StoreWriter::folder() const {
  return environment_->folder();
}

std::string StoreWriter::DataFile() const { return environment_->DataFile(); }

absl::Status StoreWriter::CheckFiles() const {
  if (environment_->unusable()) {
    return absl::UnavailableError(
        absl::StrCat("store ", folder(), ": has to be opened again"));
  }
  return environment_->CheckFiles();
}

absl::StatusOr<int> StoreWriter::ClearStaleReaders() {
  int cleared = 0;
  int code = MDB_SUCCESS;
  const std::string what = absl::StrCat("store ", folder(), ": readers");
  const LockWait::Scope waits(environment_->lock_wait());
  if (!SurvivesFault(
          [&] { code = mdb_reader_check(environment_->get(), &cleared); })) {
    environment_->Abandon();
    return absl::UnavailableError(absl::StrCat(what, ": lock.mdb was cut off"));
  }
  if (code != MDB_SUCCESS) return LmdbError(code, what);
  return cleared;
}

absl::StatusOr<std::vector<ReaderSlot>> StoreWriter::LateReaders() {
  std::vector<ReaderSlot> readers;
  MDB_envinfo facts = {};
  if (!SurvivesFault([&] {
        readers = ReadReaderTable(environment_->get());
        mdb_env_info(environment_->get(), &facts);
      })) {
    environment_->Abandon();
    return absl::UnavailableError(
        absl::StrCat("store ", folder(), ": lock.mdb was cut off"));
  }
  std::erase_if(readers, [&](const ReaderSlot& reader) {
    return reader.commit.value_or(facts.me_last_txnid) >= facts.me_last_txnid;
  });
  return readers;
}

absl::StatusOr<std::map<std::string, MapRecord>> StoreWriter::ReadRecords() {
  absl::StatusOr<std::unique_ptr<StoreScan>> scan = Scan(kStatusSubDatabase);
  if (!scan.ok()) return scan.status();
  std::map<std::string, MapRecord> records;
  std::set<std::string> collations;
  for (;;) {
    const absl::StatusOr<bool> more = (*scan)->Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    absl::string_view name = (*scan)->key();
    if (absl::ConsumePrefix(&name, CollationKey("")) &&
        DigestText((*scan)->entry()) == name) {
      collations.emplace(name);
    }
    if (!absl::ConsumePrefix(&name, RecordKey(""))) continue;
    absl::StatusOr<MapRecord> record = DecodeMapRecord((*scan)->entry());
    if (!record.ok()) return record.status();
    records.emplace(name, *std::move(record));
  }
  for (const auto& [name, record] : records) {
    if (collations.contains(record.collation_digest)) continue;
    return absl::DataLossError(absl::StrCat(
        "store ", folder(), ": the collation of map ", name, " is damaged"));
  }
  return records;
}

absl::StatusOr<StoredCollation> StoreWriter::ReadCollation(
    const std::string& digest) {
  absl::StatusOr<std::unique_ptr<StoreScan>> scan = Scan(kStatusSubDatabase);
  if (!scan.ok()) return scan.status();
  const absl::StatusOr<bool> found = (*scan)->Find(CollationKey(digest));
  if (!found.ok()) return found.status();
  if (!*found || DigestText((*scan)->entry()) != digest) {
    return absl::DataLossError(absl::StrCat(
        "store ", folder(), ": the collation ", digest, " is damaged"));
  }
  const absl::StatusOr<CollationRules> rules =
      DecodeCollationRules((*scan)->entry());
  if (!rules.ok()) return rules.status();
  return MakeStoredCollation(*rules);
}

absl::StatusOr<std::map<std::string, std::optional<std::string>>>
StoreWriter::ReadNotes() {
  // Do not change: stored. What DigestText writes.
  constexpr size_t kDigestBytes = 16;
  absl::StatusOr<std::unique_ptr<StoreScan>> scan = Scan(kStatusSubDatabase);
  if (!scan.ok()) return scan.status();
  std::map<std::string, std::optional<std::string>> notes;
  for (;;) {
    const absl::StatusOr<bool> more = (*scan)->Next();
    if (!more.ok()) return more.status();
    if (!*more) return notes;
    absl::string_view name = (*scan)->key();
    if (!absl::ConsumePrefix(&name, NoteKey(""))) continue;
    const absl::string_view entry = (*scan)->entry();
    std::optional<std::string>& note = notes[std::string(name)];
    if (entry.size() < kDigestBytes) continue;
    const absl::string_view bytes = entry.substr(kDigestBytes);
    if (DigestText(bytes) == entry.substr(0, kDigestBytes)) {
      note = std::string(bytes);
    }
  }
}

absl::StatusOr<std::unique_ptr<StoreScan>> StoreWriter::Scan(
    const std::string& sub_database) {
  return StoreScan::Open(environment_.get(), sub_database);
}

absl::StatusOr<std::unique_ptr<StoreTransaction>> StoreWriter::Begin() {
  return StoreTransaction::Begin(environment_.get());
}

}  // namespace postmirror
