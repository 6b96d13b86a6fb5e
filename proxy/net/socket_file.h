// The file of a unix socket that we listen on.
#ifndef POSTMIRROR_PROXY_NET_SOCKET_FILE_H_
#define POSTMIRROR_PROXY_NET_SOCKET_FILE_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proxy/net/socket_rights.h"

namespace postmirror {

class SocketFile {
 public:
  // Binds `socket` to `path`, with these rights. Makes the path's folder, mode
  // 0755, where that alone is missing, for Postfix's queue folder does not
  // bring it along; where it cannot, the message names it. A socket file left
  // over by a process that is gone is replaced; one on which somebody listens,
  // or another kind of file, is not: kUnavailable.
  static absl::StatusOr<std::unique_ptr<SocketFile>> Bind(
      int socket, absl::string_view path, const SocketRights& rights = {});

  // Removes the file, unless another process has replaced it.
  ~SocketFile();

  // As ApplyRights, to our file and no other.
  absl::Status SetRights(const SocketRights& rights) const {
    return ApplyRights(rights, path_, id_);
  }

  // Whether nobody can connect to us, and the path could be bound again: it is
  // free, or another's socket is there on which nobody listens.
  bool IsLost() const;
  // Whether nobody can connect to us, since something else has the path.
  bool IsDisplaced() const;

  const std::string& path() const { return path_; }

  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

 private:
  SocketFile(absl::string_view path, const FileId& id) : path_(path), id_(id) {}

  const std::string path_;
  const FileId id_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_NET_SOCKET_FILE_H_
