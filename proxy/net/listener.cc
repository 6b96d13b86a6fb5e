#include "proxy/net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/listening_sockets.h"
#include "schema/runtime/socket_address.h"

namespace postmirror {
namespace {

// A host that is gone without a word is noticed after some minutes. Accepted
// sockets inherit it (tcp(7)); of a unix socket it is refused, or without
// effect.
void KeepAlive(int socket) {
  constexpr int kOn = 1;
  constexpr int kIdleSeconds = 120;
  constexpr int kProbeSeconds = 30;
  constexpr int kProbes = 4;
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &kOn, sizeof(kOn));
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &kIdleSeconds,
             sizeof(kIdleSeconds));
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &kProbeSeconds,
             sizeof(kProbeSeconds));
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &kProbes, sizeof(kProbes));
}

// The kernel would queue 4 MB of replies over TCP, and 200 KB at a unix socket.
void BoundUnreadReplies(int socket, sa_family_t family) {
  constexpr int kBytes = 16384;
  if (family == AF_UNIX) {
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kBytes, sizeof(kBytes));
  } else {
    // What the client's window takes goes to his side at once, so that this
    // slows nobody down who reads.
    setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kBytes, sizeof(kBytes));
  }
}

absl::StatusOr<Listening> ListenTcp(const ListenEntry& entry,
                                    const std::set<std::string>& open) {
  absl::StatusOr<ListeningSockets> sockets =
      OpenListeningSockets(entry.ToString(), entry.host, entry.port, open);
  if (!sockets.ok()) return sockets.status();
  Listening listening;
  listening.open = std::move(sockets->open);
  for (ListeningSocket& bound : sockets->bound) {
    Listener listener;
    KeepAlive(bound.socket.get());
    listener.socket = std::move(bound.socket);
    listener.address = std::move(bound.address);
    listening.bound.push_back(std::move(listener));
  }
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
  if (listen(listener.socket.get(), kListenBacklog) != 0) {
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
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  KeepAlive(socket.get());
  listener.address = BoundAddress(socket.get());
  listener.socket = std::move(socket);
  listener.passed = true;
  return listener;
}

FileDescriptor AcceptClient(int listening) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  FileDescriptor client(accept4(listening,
                                reinterpret_cast<sockaddr*>(&address), &size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (client.open()) BoundUnreadReplies(client.get(), address.ss_family);
  return client;
}

}  // namespace postmirror
