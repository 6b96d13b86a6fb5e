#include "sync/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "schema/runtime/plain_file.h"

namespace postmirror {
namespace {

constexpr size_t kMaxBytes = size_t{16} << 20;

absl::Status FileError(absl::string_view path, absl::string_view step) {
  const int error = errno;
  const std::string message =
      absl::StrCat(path, ": ", step, ": ", PlainFileErrorText(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case ENOSPC:
    case EDQUOT:
    case EIO:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

absl::Status WriteAll(int file, absl::string_view bytes,
                      absl::string_view path) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError(path, "write");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

enum class Sync { kLater, kNow };

absl::Status WriteFresh(const std::string& path, absl::string_view bytes,
                        Sync sync) {
  FileDescriptor file = OpenPlainFile(path, O_WRONLY | O_CREAT | O_EXCL, 0640);
  if (!file.open()) return FileError(path, "open");
  fchmod(file.get(), 0640);
  absl::Status status = WriteAll(file.get(), bytes, path);
  if (!status.ok()) return status;
  if (sync == Sync::kNow && fdatasync(file.get()) != 0) {
    return FileError(path, "sync");
  }
  // NFS and quotas may tell of a failed write here alone.
  return file.Close() ? absl::OkStatus() : FileError(path, "close");
}

// So that a new name in it is on the disk.
absl::Status SyncFolderOf(const std::string& path) {
  const std::string name = std::filesystem::path(path).parent_path().string();
  const FileDescriptor folder(
      open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.open() && fsync(folder.get()) == 0) return absl::OkStatus();
  return FileError(name, "sync");
}

absl::Status Replace(const std::string& path, absl::string_view bytes,
                     Sync sync) {
  const std::string fresh = absl::StrCat(path, ".", getpid(), ".new");
  // What an earlier process of this number left, or somebody put there.
  unlink(fresh.c_str());
  absl::Status status = WriteFresh(fresh, bytes, sync);
  if (status.ok() && rename(fresh.c_str(), path.c_str()) != 0) {
    status = FileError(path, "rename");
  }
  if (!status.ok()) unlink(fresh.c_str());
  return status;
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  const FileDescriptor file = OpenPlainFile(path, O_RDONLY);
  if (!file.open()) return FileError(path, "open");
  std::string bytes;
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(path, "read");
    if (got == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(got));
    if (bytes.size() > kMaxBytes) {
      return absl::DataLossError(absl::StrCat(path, ": is over 16 MiB"));
    }
  }
}

absl::Status ReplaceFile(const std::string& path, absl::string_view bytes) {
  return Replace(path, bytes, Sync::kLater);
}

absl::Status ReplaceFileOnDisk(const std::string& path,
                               absl::string_view bytes) {
  absl::Status status = Replace(path, bytes, Sync::kNow);
  return status.ok() ? SyncFolderOf(path) : status;
}

}  // namespace postmirror
