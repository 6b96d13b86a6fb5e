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
#include "schema/runtime/make_folder.h"

namespace postmirror {
namespace {

// REQUIRES: the path fits.
sockaddr_un Address(absl::string_view path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

// Why a connection fails; 0 where somebody listens, however busy.
int ConnectError(const std::string& path) {
  const FileDescriptor probe(
      socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const sockaddr_un address = Address(path);
  const bool listens =
      connect(probe.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) == 0 ||
      errno == EAGAIN;
  return listens ? 0 : errno;
}

// Removes a socket file on which nobody listens. Only a refused connection
// proves that: every other outcome but "no such file" leaves the file alone.
absl::Status RemoveStale(const std::string& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) return absl::OkStatus();
  if (!S_ISSOCK(status.st_mode)) {
    return absl::UnavailableError("a file that is not a socket is in the way");
  }
  const int error = ConnectError(path);
  if (error == 0) {
    return absl::UnavailableError("another process is listening there");
  }
  if (error != ECONNREFUSED) return ErrnoStatus(error, "old socket", "connect");
  if (unlink(path.c_str()) != 0)
    return ErrnoStatus(errno, "old socket", "unlink");
  return absl::OkStatus();
}

// Makes the folder of the path where it is missing, whatever the umask. What
// else is wrong with the path bind(2) tells.
absl::Status MakeFolderOf(absl::string_view path) {
  const std::string folder(path.substr(0, path.rfind('/')));
  struct stat status;
  if (folder.empty() || stat(folder.c_str(), &status) == 0 || errno != ENOENT)
    return absl::OkStatus();
  absl::Status made = MakeFolder(folder, 0755);
  if (made.ok()) return made;
  return absl::Status(
      made.code(),
      absl::StrCat(made.message(),
                   ", make it, writable for the proxy, or leave the entry out "
                   "of listen in postmirror.cf"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SocketFile>> SocketFile::Bind(
    int socket, absl::string_view path, const SocketRights& rights) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return absl::InvalidArgumentError(
        "path is longer than the 107 bytes of unix(7)");
  }
  if (absl::Status made = MakeFolderOf(path); !made.ok()) return made;
  if (absl::Status removed = RemoveStale(std::string(path)); !removed.ok())
    return removed;
  const sockaddr_un address = Address(path);
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0) {
    return ErrnoStatus(errno, "socket", "bind");
  }
  struct stat status;
  if (lstat(address.sun_path, &status) != 0) {
    return ErrnoStatus(errno, "socket", "stat");
  }
  // Removes the file again if it cannot have its rights.
  std::unique_ptr<SocketFile> file(new SocketFile(path, IdOf(status)));
  if (absl::Status applied = file->SetRights(rights); !applied.ok())
    return applied;
  return file;
}

bool SocketFile::IsLost() const {
  struct stat status;
  if (lstat(path_.c_str(), &status) != 0) return errno == ENOENT;
  return S_ISSOCK(status.st_mode) && IdOf(status) != id_ &&
         ConnectError(path_) == ECONNREFUSED;
}

bool SocketFile::IsDisplaced() const {
  struct stat status;
  return lstat(path_.c_str(), &status) == 0 && IdOf(status) != id_ && !IsLost();
}

SocketFile::~SocketFile() {
  struct stat status;
  if (lstat(path_.c_str(), &status) == 0 && IdOf(status) == id_) {
    unlink(path_.c_str());
  }
}

}  // namespace postmirror
