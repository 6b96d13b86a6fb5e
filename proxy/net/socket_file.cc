#include "proxy/net/socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {
namespace {

// Removes a socket file on which nobody listens. Only a refused connection
// proves that: every other outcome but "no such file" leaves the file alone.
absl::Status RemoveStale(const sockaddr_un& address) {
  struct stat status;
  if (lstat(address.sun_path, &status) != 0) return absl::OkStatus();
  if (!S_ISSOCK(status.st_mode)) {
    return absl::UnavailableError("a file that is not a socket is in the way");
  }
  const FileDescriptor probe(
      socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) == 0 ||
      errno == EAGAIN) {
    return absl::UnavailableError("another process is listening there");
  }
  if (errno != ECONNREFUSED) return ErrnoStatus(errno, "old socket", "connect");
  if (unlink(address.sun_path) != 0)
    return ErrnoStatus(errno, "old socket", "unlink");
  return absl::OkStatus();
}

// Makes the folder of the path where it is missing, whatever the umask. What
// else is wrong with the path bind(2) tells.
absl::Status MakeFolder(absl::string_view path) {
  const std::string folder(path.substr(0, path.rfind('/')));
  struct stat status;
  if (folder.empty() || stat(folder.c_str(), &status) == 0 || errno != ENOENT)
    return absl::OkStatus();
  if (mkdir(folder.c_str(), 0755) == 0 && chmod(folder.c_str(), 0755) == 0)
    return absl::OkStatus();
  if (errno == EEXIST) return absl::OkStatus();  // another process was faster
  const absl::Status failed =
      ErrnoStatus(errno, absl::StrCat("folder ", folder), "mkdir");
  return absl::Status(
      failed.code(),
      absl::StrCat(failed.message(),
                   ", make it, writable for the proxy, or leave the entry out "
                   "of listen in postmirror.cf"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SocketFile>> SocketFile::Bind(
    int socket, absl::string_view path, const SocketRights& rights) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        "path is longer than the 107 bytes of unix(7)");
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  if (absl::Status made = MakeFolder(path); !made.ok()) return made;
  if (absl::Status removed = RemoveStale(address); !removed.ok())
    return removed;
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0) {
    return ErrnoStatus(errno, "socket", "bind");
  }
  struct stat status;
  if (lstat(address.sun_path, &status) != 0) {
    return ErrnoStatus(errno, "socket", "stat");
  }
  // Removes the file again if it cannot have its rights.
  std::unique_ptr<SocketFile> file(
      new SocketFile(path, status.st_dev, status.st_ino));
  if (absl::Status applied = ApplyRights(rights, file->path()); !applied.ok())
    return applied;
  return file;
}

SocketFile::~SocketFile() {
  struct stat status;
  if (lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
      status.st_ino == inode_) {
    unlink(path_.c_str());
  }
}

}  // namespace postmirror
