// Who may connect to a unix socket: the owner, group and mode of its file.
#ifndef POSTMIRROR_PROXY_NET_SOCKET_RIGHTS_H_
#define POSTMIRROR_PROXY_NET_SOCKET_RIGHTS_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "schema/config/config.h"
#include "schema/runtime/file_id.h"

namespace postmirror {

struct SocketRights {
  std::optional<uid_t> owner;  // absent: that of the process
  std::optional<gid_t> group;  // likewise
  mode_t mode = 0666;
};

// The number of a user that is named, or written as a number. None: there is no
// such user.
std::optional<uid_t> UserNumber(const std::string& name);

// What the settings unix_socket_owner, unix_socket_group and unix_socket_mode
// come to. Fails with kInvalidArgument where there is no such user or group.
absl::StatusOr<SocketRights> ResolveRights(const Config& config);

// Gives the socket file `path` these rights, if it is still the one of `id`.
// Fails with a message that names the setting that cannot be had: only root
// gives files away, and a group must be one of the process.
absl::Status ApplyRights(const SocketRights& rights, const std::string& path,
                         const FileId& id);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_NET_SOCKET_RIGHTS_H_
