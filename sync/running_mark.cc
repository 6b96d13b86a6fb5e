#include "sync/running_mark.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/make_folder.h"
#include "schema/runtime/plain_file.h"

namespace postmirror {
namespace {

std::string MarkPath(absl::string_view folder) {
  return absl::StrCat(folder, "/sync.running");
}

absl::Status FileError(int error, const std::string& path,
                       absl::string_view step) {
  const std::string text =
      absl::StrCat(path, ": ", step, ": ", PlainFileErrorText(error));
  return error == EACCES || error == EPERM ? absl::PermissionDeniedError(text)
                                           : absl::UnavailableError(text);
}

// Whether the lock of a writer is on the file. Whoever may read it may lock it
// against writers, which says nothing.
absl::StatusOr<bool> IsMarked(const FileDescriptor& file,
                              const std::string& path) {
  struct flock whole = {};
  whole.l_type = F_RDLCK;
  if (fcntl(file.get(), F_OFD_GETLK, &whole) != 0) {
    return FileError(errno, path, "lock");
  }
  return whole.l_type != F_UNLCK;
}

// Locks a new file, which nobody else can open before that.
absl::StatusOr<FileDescriptor> MakeMark(const std::string& path) {
  FileDescriptor file = OpenPlainFile(path, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (!file.open()) return FileError(errno, path, "open");
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  if (fcntl(file.get(), F_OFD_SETLK, &whole) != 0) {
    return FileError(errno, path, "lock");
  }
  fchmod(file.get(), 0640);  // whatever the umask
  return file;
}

// Whether that file is at the path still.
bool IsAt(const std::string& path, const FileDescriptor& file) {
  struct stat ours = {};
  struct stat there = {};
  return fstat(file.get(), &ours) == 0 && lstat(path.c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

}  // namespace

RunningMark::RunningMark(absl::string_view folder) : folder_(folder) {}

absl::Status RunningMark::Set() {
  const std::string path = MarkPath(folder_);
  if (file_.open() && IsAt(path, file_)) return absl::OkStatus();
  file_.Close();
  // What is wrong with the folder the file tells.
  MakeFolder(folder_, 02750).IgnoreError();
  if (const FileDescriptor former = OpenPlainFile(path, O_RDONLY);
      former.open()) {
    const absl::StatusOr<bool> marked = IsMarked(former, path);
    if (!marked.ok()) return marked.status();
    if (*marked) return FileError(EAGAIN, path, "lock");
    if (unlink(path.c_str()) != 0) return FileError(errno, path, "unlink");
  } else if (errno != ENOENT) {
    return FileError(errno, path, "open");
  }
  absl::StatusOr<FileDescriptor> file = MakeMark(path);
  if (!file.ok()) return file.status();
  file_ = *std::move(file);
  return absl::OkStatus();
}

absl::Status CheckRuns(absl::string_view folder) {
  const std::string path = MarkPath(folder);
  const FileDescriptor file = OpenPlainFile(path, O_RDONLY);
  // ELOOP: sync leaves no link.
  if (!file.open() && errno != ENOENT && errno != ENOTDIR && errno != ELOOP) {
    return FileError(errno, path, "open");
  }
  const absl::StatusOr<bool> marked =
      file.open() ? IsMarked(file, path) : false;
  if (!marked.ok()) return marked.status();
  if (*marked) return absl::OkStatus();
  return absl::NotFoundError("postmirror-sync is not running");
}

}  // namespace postmirror
