#include "schema/runtime/listening_sockets.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/socket_address.h"

namespace postmirror {
namespace {

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

absl::StatusOr<AddressList> Resolve(const std::string& subject,
                                    const std::string& host, uint16_t port) {
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error =
      getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error == 0) return AddressList(list);
  return absl::UnavailableError(
      absl::StrCat(subject, ": resolve: ", gai_strerror(error)));
}

void SetOption(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof(on));
}

// Returns 0, or the errno of the call that failed and its name in `*call`.
int Bind(const addrinfo& address, FileDescriptor* socket, const char** call) {
  *call = "socket";
  *socket = FileDescriptor(::socket(
      address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket->open()) return errno;
  // Without it a restart would have to wait for old connections to time out.
  SetOption(socket->get(), SOL_SOCKET, SO_REUSEADDR);
  // [::] must not take the place of 0.0.0.0, which may have an entry of its
  // own.
  if (address.ai_family == AF_INET6)
    SetOption(socket->get(), IPPROTO_IPV6, IPV6_V6ONLY);
  // Accepted sockets inherit it.
  SetOption(socket->get(), IPPROTO_TCP, TCP_NODELAY);
  *call = "bind";
  if (bind(socket->get(), address.ai_addr, address.ai_addrlen) != 0)
    return errno;
  *call = "listen";
  return listen(socket->get(), kListenBacklog) == 0 ? 0 : errno;
}

}  // namespace

absl::StatusOr<ListeningSockets> OpenListeningSockets(
    const std::string& subject, const std::string& host, uint16_t port,
    const std::set<std::string>& open) {
  const absl::StatusOr<AddressList> list = Resolve(subject, host, port);
  if (!list.ok()) return list.status();
  ListeningSockets sockets;
  std::set<std::string> seen;  // a host name may list an address twice
  absl::Status missing;
  for (const addrinfo* each = list->get(); each != nullptr;
       each = each->ai_next) {
    const std::string text = AddressText(each->ai_addr, each->ai_addrlen);
    if (!seen.insert(text).second) continue;
    if (open.contains(text)) {
      sockets.open.push_back(text);
      continue;
    }
    FileDescriptor socket;
    const char* call = nullptr;
    const int error = Bind(*each, &socket, &call);
    if (error == 0) {
      const std::string address = BoundAddress(socket.get());
      sockets.bound.push_back({std::move(socket), address});
      continue;
    }
    missing = ErrnoStatus(error, subject, call);
    // A name such as localhost stands for addresses that this host need not
    // have.
    if (error != EADDRNOTAVAIL && error != EAFNOSUPPORT) return missing;
  }
  if (sockets.open.empty() && sockets.bound.empty()) return missing;
  return sockets;
}

}  // namespace postmirror
