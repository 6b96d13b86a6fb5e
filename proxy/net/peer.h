// Who is at the other end of a connection, as far as the kernel tells: all that
// one peer holds counts together.
#ifndef POSTMIRROR_PROXY_NET_PEER_H_
#define POSTMIRROR_PROXY_NET_PEER_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace postmirror {

// A user of this machine over a unix socket; over TCP all of the loopback, an
// address of IPv4, or a network of IPv6 (/64: who has one address of it has all
// of them).
struct Peer {
  enum class Kind { kUser, kLoopback, kIpv4, kIpv6 };

  Kind kind = Kind::kLoopback;
  uint64_t number = 0;  // the uid, the address, its upper half

  // For a log: "uid 33", "the loopback", "192.0.2.1", "2001:db8::/64".
  std::string ToString() const;

  // NOLINTNEXTLINE(modernize-use-nullptr): the check sees a 0 where none is
  friend auto operator<=>(const Peer&, const Peer&) = default;
};

// Who connected `socket`. One that has gone already is of the loopback.
Peer PeerOf(int socket);

// What uids of peers mean here.
struct LocalUsers {
  // Those that may hold every connection of a listener: root, and Postfix.
  std::set<uint32_t> trusted;
  // ReadUnknownUser()
  std::optional<uint32_t> unknown;
};

// Reads them from the system. Postfix's mail_owner is the user "postfix". A
// system without that user trusts only root.
LocalUsers ReadLocalUsers();

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_NET_PEER_H_
