#include "sync/running_mark.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"
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

}  // namespace

RunningMark::RunningMark(absl::string_view folder) : folder_(folder) {}

absl::Status RunningMark::Set() {
  if (file_.open()) return absl::OkStatus();
  if (mkdir(folder_.c_str(), 0750) == 0) {
    chmod(folder_.c_str(), 02750);  // whatever the umask
  }
  const std::string path = MarkPath(folder_);
  FileDescriptor file = OpenPlainFile(path, O_RDWR | O_CREAT, 0640);
  if (!file.open()) return FileError(errno, path, "open");
  fchmod(file.get(), 0640);
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  if (fcntl(file.get(), F_OFD_SETLK, &whole) != 0) {
    return FileError(errno, path, "lock");
  }
  file_ = std::move(file);
  return absl::OkStatus();
}

absl::Status CheckRuns(absl::string_view folder) {
  const std::string path = MarkPath(folder);
  const FileDescriptor file = OpenPlainFile(path, O_RDONLY);
  if (!file.open() && (errno == EACCES || errno == EPERM)) {
    return FileError(errno, path, "open");
  }
  // Asks for what a lock of sync's alone keeps us from: who reads the file may
  // lock it against writers.
  struct flock whole = {};
  whole.l_type = F_RDLCK;
  if (file.open() && fcntl(file.get(), F_OFD_GETLK, &whole) == 0 &&
      whole.l_type != F_UNLCK) {
    return absl::OkStatus();
  }
  return absl::NotFoundError("postmirror-sync is not running");
}

}  // namespace postmirror
