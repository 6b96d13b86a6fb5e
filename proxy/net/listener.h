// A socket that listens for clients, as an entry of `listen` says.
#ifndef POSTMIRROR_PROXY_NET_LISTENER_H_
#define POSTMIRROR_PROXY_NET_LISTENER_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proxy/net/socket_file.h"
#include "proxy/net/socket_rights.h"
#include "schema/config/listen_entry.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {

struct Listener {
  FileDescriptor socket;             // does not block
  std::string address;               // BoundAddress()
  std::unique_ptr<SocketFile> file;  // of a unix socket that we bound
  bool passed = false;               // bound by the service manager
};

// What an entry comes to.
struct Listening {
  std::vector<std::string> open;  // addresses where a socket listens already
  std::vector<Listener> bound;    // those bound now
};

// Listens where `entry` says: at one address, or at each of a host name, but
// for those in `open`. Fails with kUnavailable, or kPermissionDenied, and a
// message that names the entry.
absl::StatusOr<Listening> Listen(const ListenEntry& entry,
                                 const SocketRights& rights = {},
                                 const std::set<std::string>& open = {});

// Takes over a listening socket that the service manager passed.
Listener TakeOver(FileDescriptor socket);

// Accepts a client, who does not block. On failure none: accept(2) says why in
// errno. Replies that he does not read take up to 60 KB of the kernel's memory,
// which counts as the proxy's; the rest of them waits in the proxy.
FileDescriptor AcceptClient(int listening);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_NET_LISTENER_H_
