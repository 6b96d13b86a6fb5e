#include "schema/runtime/socket_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

std::string UnixPath(const sockaddr_un& address, size_t size) {
  constexpr size_t kPathStart = offsetof(sockaddr_un, sun_path);
  if (size <= kPathStart) return "";
  const size_t limit = std::min(size - kPathStart, sizeof(address.sun_path));
  return std::string(address.sun_path, strnlen(address.sun_path, limit));
}

}  // namespace

std::string AddressText(const sockaddr* address, size_t size) {
  if (address->sa_family == AF_UNIX) {
    sockaddr_un path = {};
    std::memcpy(&path, address, std::min(size, sizeof(path)));
    return UnixPath(path, size);
  }
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getnameinfo(address, static_cast<socklen_t>(size), host, sizeof(host),
                  port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "";
  }
  return address->sa_family == AF_INET6 ? absl::StrCat("[", host, "]:", port)
                                        : absl::StrCat(host, ":", port);
}

std::string BoundAddress(int socket) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return "";
  }
  return AddressText(reinterpret_cast<const sockaddr*>(&address), size);
}

bool IsListening(int socket) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  return getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) ==
             0 &&
         listening != 0;
}

}  // namespace postmirror
