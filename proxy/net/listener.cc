#include "proxy/net/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proxy/net/errno_status.h"

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

absl::StatusOr<std::vector<Listener>> ListenTcp(const ListenEntry& entry) {
  absl::StatusOr<AddressList> list = Resolve(entry);
  if (!list.ok()) return list.status();
  std::vector<Listener> listeners;
  std::set<std::string> seen;  // a host name may list an address twice
  absl::Status missing;
  for (const addrinfo* address = list->get(); address != nullptr;
       address = address->ai_next) {
    if (!seen.emplace(reinterpret_cast<const char*>(address->ai_addr),
                      address->ai_addrlen)
             .second) {
      continue;
    }
    Listener listener;
    const char* call = nullptr;
    const int error = BindTcp(*address, &listener.socket, &call);
    if (error == 0) {
      listeners.push_back(std::move(listener));
      continue;
    }
    missing = ErrnoStatus(error, entry.ToString(), call);
    // A name such as localhost stands for addresses that this host need not
    // have.
    if (error != EADDRNOTAVAIL && error != EAFNOSUPPORT) return missing;
  }
  if (listeners.empty()) return missing;
  return listeners;
}

absl::StatusOr<std::vector<Listener>> ListenUnix(const ListenEntry& entry) {
  Listener listener;
  listener.socket = FileDescriptor(
      socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener.socket.open())
    return ErrnoStatus(errno, entry.ToString(), "socket");
  absl::StatusOr<std::unique_ptr<SocketFile>> file =
      SocketFile::Bind(listener.socket.get(), entry.unix_path);
  if (!file.ok()) {
    return absl::Status(
        file.status().code(),
        absl::StrCat(entry.ToString(), ": ", file.status().message()));
  }
  listener.file = *std::move(file);
  if (listen(listener.socket.get(), kBacklog) != 0) {
    return ErrnoStatus(errno, entry.ToString(), "listen");
  }
  std::vector<Listener> listeners;
  listeners.push_back(std::move(listener));
  return listeners;
}

}  // namespace

absl::StatusOr<std::vector<Listener>> Listen(const ListenEntry& entry) {
  return entry.unix_path.empty() ? ListenTcp(entry) : ListenUnix(entry);
}

}  // namespace postmirror
