#include "schema/runtime/make_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {

absl::Status MakeFolder(std::string path, mode_t mode) {
  // With one at its end open(2) would follow a link.
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const std::string subject = absl::StrCat("folder ", path);
  if (mkdir(path.c_str(), 0700) != 0) {
    return errno == EEXIST ? absl::OkStatus()
                           : ErrnoStatus(errno, subject, "mkdir");
  }
  // By a descriptor: another folder, or a link, could have its name by now.
  const FileDescriptor folder(
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts = {};
  if (!folder.open() || fstat(folder.get(), &facts) != 0) {
    return ErrnoStatus(errno, subject, "open");
  }
  if (facts.st_uid != geteuid()) {
    return absl::PermissionDeniedError(
        absl::StrCat(subject, ": another's was put in its place"));
  }
  if (fchmod(folder.get(), mode | (facts.st_mode & S_ISGID)) != 0) {
    return ErrnoStatus(errno, subject, "chmod");
  }
  return absl::OkStatus();
}

}  // namespace postmirror
