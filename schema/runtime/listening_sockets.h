// The sockets on which a program listens that is told where by HOST:PORT.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_LISTENING_SOCKETS_H_
#define POSTMIRROR_SCHEMA_RUNTIME_LISTENING_SOCKETS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {

// Listens at `address`, HOST:PORT with an IPv6 host in brackets: at all
// addresses of a host name that this machine has, at one at least. The sockets
// do not block. Fails with kUnavailable or kPermissionDenied and a message that
// names the address.
absl::StatusOr<std::vector<FileDescriptor>> OpenListeningSockets(
    const std::string& address);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_LISTENING_SOCKETS_H_
