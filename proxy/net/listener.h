// A socket that listens for clients, as an entry of `listen` says.
#ifndef POSTMIRROR_PROXY_NET_LISTENER_H_
#define POSTMIRROR_PROXY_NET_LISTENER_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "proxy/net/file_descriptor.h"
#include "proxy/net/socket_file.h"
#include "schema/config/listen_entry.h"

namespace postmirror {

struct Listener {
  FileDescriptor socket;             // does not block
  std::unique_ptr<SocketFile> file;  // of a unix socket, else nullptr
};

// Listens where `entry` says: on one socket, or on one for each address of a
// host name. Fails with kUnavailable, or kPermissionDenied, and a message that
// names the entry. A unix socket is open to every local user, so that Postfix
// can connect whichever user it runs under.
absl::StatusOr<std::vector<Listener>> Listen(const ListenEntry& entry);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_NET_LISTENER_H_
