#include "proxy/net/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "proxy/net/socket_rights.h"
#include "schema/runtime/unknown_user.h"

namespace postmirror {
namespace {

constexpr char kMailOwner[] = "postfix";  // postconf(5), mail_owner
// ::ffff:0:0/96; ipv6(7)
constexpr unsigned char kMappedIpv4[] = {0, 0, 0, 0, 0,   0,
                                         0, 0, 0, 0, 255, 255};

Peer UserOf(int socket) {
  ucred user = {};
  socklen_t size = sizeof(user);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &user, &size) != 0) return {};
  return {.kind = Peer::Kind::kUser, .number = user.uid};
}

// `address` is in the network's order, as in4 and in6 have it.
Peer OfIpv4(const unsigned char* address) {
  if (address[0] == IN_LOOPBACKNET) return {};
  uint32_t number = 0;
  std::memcpy(&number, address, sizeof(number));
  return {.kind = Peer::Kind::kIpv4, .number = ntohl(number)};
}

Peer OfIpv6(const in6_addr& address) {
  if (std::memcmp(&address, &in6addr_loopback, sizeof(address)) == 0) return {};
  if (std::memcmp(&address, kMappedIpv4, sizeof(kMappedIpv4)) == 0) {
    return OfIpv4(&address.s6_addr[sizeof(kMappedIpv4)]);
  }
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof(number); ++i) {
    number = (number << 8) | address.s6_addr[i];
  }
  return {.kind = Peer::Kind::kIpv6, .number = number};
}

std::string Ipv4Text(uint64_t number) {
  const in_addr address = {.s_addr = htonl(static_cast<uint32_t>(number))};
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &address, text, sizeof(text));
  return text;
}

std::string Ipv6Text(uint64_t number) {
  in6_addr address = {};
  for (size_t i = 0; i < sizeof(number); ++i) {
    address.s6_addr[i] =
        static_cast<unsigned char>(number >> (8 * (sizeof(number) - 1 - i)));
  }
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, &address, text, sizeof(text));
  return absl::StrCat(text, "/64");
}

}  // namespace

std::string Peer::ToString() const {
  switch (kind) {
    case Kind::kUser:
      return absl::StrCat("uid ", number);
    case Kind::kLoopback:
      return "the loopback";
    case Kind::kIpv4:
      return Ipv4Text(number);
    case Kind::kIpv6:
      return Ipv6Text(number);
  }
  return "";
}

Peer PeerOf(int socket) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return {};
  }
  if (address.ss_family == AF_UNIX) return UserOf(socket);
  if (address.ss_family == AF_INET) {
    sockaddr_in of_ipv4 = {};
    std::memcpy(&of_ipv4, &address, sizeof(of_ipv4));
    unsigned char bytes[sizeof(of_ipv4.sin_addr)];
    std::memcpy(bytes, &of_ipv4.sin_addr, sizeof(bytes));
    return OfIpv4(bytes);
  }
  sockaddr_in6 of_ipv6 = {};
  std::memcpy(&of_ipv6, &address, sizeof(of_ipv6));
  return OfIpv6(of_ipv6.sin6_addr);
}

LocalUsers ReadLocalUsers() {
  LocalUsers users;
  users.trusted = {0};
  if (const std::optional<uid_t> owner = UserNumber(kMailOwner)) {
    users.trusted.insert(*owner);
  }
  users.unknown = ReadUnknownUser();
  return users;
}

}  // namespace postmirror
