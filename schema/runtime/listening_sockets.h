// The TCP sockets on which a program listens that is told where by a host and a
// port.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_LISTENING_SOCKETS_H_
#define POSTMIRROR_SCHEMA_RUNTIME_LISTENING_SOCKETS_H_

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {

// Of every listening socket: net.core.somaxconn, which bounds it. A client that
// does not fit waits or is refused, which costs a tcp_table client nine
// seconds, and a socketmap client a temporary answer.
inline constexpr int kListenBacklog = std::numeric_limits<int>::max();

struct ListeningSocket {
  FileDescriptor socket;  // does not block
  std::string address;    // BoundAddress()
};

// What a host and a port come to.
struct ListeningSockets {
  std::vector<std::string> open;  // addresses that were among the open ones
  std::vector<ListeningSocket> bound;  // those bound now
};

// Listens at the address, or at all addresses of a host name that this machine
// has, at one at least; but for those in `open`, where a socket listens
// already. Fails with kUnavailable or kPermissionDenied and a message that
// begins with `subject`.
absl::StatusOr<ListeningSockets> OpenListeningSockets(
    const std::string& subject, const std::string& host, uint16_t port,
    const std::set<std::string>& open = {});

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_LISTENING_SOCKETS_H_
