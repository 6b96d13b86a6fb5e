#include "proxy/net/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proxy/net/errno_status.h"
#include "proxy/net/socket_address.h"

namespace postmirror {
namespace {

// Bounded by net.core.somaxconn. A client that does not fit waits or is
// refused, which costs a tcp_table client nine seconds.
constexpr int kBacklog = 4096;

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

absl::StatusOr<AddressList> Resolve(const ListenEntry& entry) {
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(
      entry.host.c_str(), std::to_string(entry.port).c_str(), &hints, &list);
  if (error == 0) return AddressList(list);
  return absl::UnavailableError(
      absl::StrCat(entry.ToString(), ": resolve: ", gai_strerror(error)));
}

void SetOption(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof(on));
}

// Returns 0, or the errno of the call that failed and its name in `*call`.
int BindTcp(const addrinfo& address, FileDescriptor* socket,
            const char** call) {
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
  return listen(socket->get(), kBacklog) == 0 ? 0 : errno;
}

absl::StatusOr<Listening> ListenTcp(const ListenEntry& entry,
                                    const std::set<std::string>& open) {
  absl::StatusOr<AddressList> list = Resolve(entry);
  if (!list.ok()) return list.status();
  Listening listening;
  std::set<std::string> seen;  // a host name may list an address twice
  absl::Status missing;
  for (const addrinfo* address = list->get(); address != nullptr;
       address = address->ai_next) {
    const std::string text = AddressText(address->ai_addr, address->ai_addrlen);
    if (!seen.insert(text).second) continue;
    if (open.contains(text)) {
      listening.open.push_back(text);
      continue;
    }
    Listener listener;
    const char* call = nullptr;
    const int error = BindTcp(*address, &listener.socket, &call);
    if (error == 0) {
      listener.address = BoundAddress(listener.socket.get());
      listening.bound.push_back(std::move(listener));
      continue;
    }
    missing = ErrnoStatus(error, entry.ToString(), call);
    // A name such as localhost stands for addresses that this host need not
    // have.
    if (error != EADDRNOTAVAIL && error != EAFNOSUPPORT) return missing;
  }
  if (listening.open.empty() && listening.bound.empty()) return missing;
  return listening;
}

absl::StatusOr<Listening> ListenUnix(const ListenEntry& entry,
                                     const SocketRights& rights,
                                     const std::set<std::string>& open) {
  Listening listening;
  if (open.contains(entry.unix_path)) {
    listening.open.push_back(entry.unix_path);
    return listening;
  }
  Listener listener;
  listener.socket = FileDescriptor(
      socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener.socket.open())
    return ErrnoStatus(errno, entry.ToString(), "socket");
  absl::StatusOr<std::unique_ptr<SocketFile>> file =
      SocketFile::Bind(listener.socket.get(), entry.unix_path, rights);
  if (!file.ok()) {
    return absl::Status(
        file.status().code(),
        absl::StrCat(entry.ToString(), ": ", file.status().message()));
  }
  listener.file = *std::move(file);
  listener.address = entry.unix_path;
  if (listen(listener.socket.get(), kBacklog) != 0) {
    return ErrnoStatus(errno, entry.ToString(), "listen");
  }
  listening.bound.push_back(std::move(listener));
  return listening;
}

}  // namespace

absl::StatusOr<Listening> Listen(const ListenEntry& entry,
                                 const SocketRights& rights,
                                 const std::set<std::string>& open) {
  return entry.unix_path.empty() ? ListenTcp(entry, open)
                                 : ListenUnix(entry, rights, open);
}

Listener TakeOver(FileDescriptor socket) {
  Listener listener;
  const int flags = fcntl(socket.get(), F_GETFL);
  fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK);
  // Accepted sockets inherit it; of a unix socket it is refused.
  SetOption(socket.get(), IPPROTO_TCP, TCP_NODELAY);
  listener.address = BoundAddress(socket.get());
  listener.socket = std::move(socket);
  listener.passed = true;
  return listener;
}

}  // namespace postmirror
