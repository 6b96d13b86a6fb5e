#include "proxy/net/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
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
  // Copied, for the family's own type may want another alignment.
  sockaddr_storage storage = {};
  std::memcpy(&storage, address, std::min(size, sizeof(storage)));
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    sockaddr_in four = {};
    std::memcpy(&four, &storage, sizeof(four));
    inet_ntop(AF_INET, &four.sin_addr, text, sizeof(text));
    return absl::StrCat(text, ":", ntohs(four.sin_port));
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 six = {};
    std::memcpy(&six, &storage, sizeof(six));
    inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof(text));
    return absl::StrCat("[", text, "]:", ntohs(six.sin6_port));
  }
  if (storage.ss_family != AF_UNIX) return "";
  sockaddr_un path = {};
  std::memcpy(&path, &storage, sizeof(path));
  return UnixPath(path, size);
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
