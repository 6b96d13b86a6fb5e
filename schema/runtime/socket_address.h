// The address of a socket as text, so that two ways to write one address are
// equal: "127.0.0.1:10040", "[::1]:10040", "/run/maps".
#ifndef POSTMIRROR_SCHEMA_RUNTIME_SOCKET_ADDRESS_H_
#define POSTMIRROR_SCHEMA_RUNTIME_SOCKET_ADDRESS_H_

#include <string>

struct sockaddr;

namespace postmirror {

// `size` is that of `address` in bytes. Empty for other families.
std::string AddressText(const sockaddr* address, size_t size);

// Where `socket` is bound; empty if it is no socket or of another family.
std::string BoundAddress(int socket);

// Whether `socket` listens for clients, rather than being one.
bool IsListening(int socket);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_SOCKET_ADDRESS_H_
