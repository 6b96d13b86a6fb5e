#include "tests/bench/commit_to_visible/socketmap_poller.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/proxy/postfix_client.h"

namespace postmirror {
namespace {

constexpr timeval kReadTimeout = {30, 0};

absl::Status ReplyError(absl::string_view source, absl::string_view reply) {
  return absl::UnavailableError(absl::StrCat(
      "socketmap: ", source, ": replied '", reply.substr(0, 100), "'"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Poller>> SocketmapPoller::Open(
    absl::string_view path, absl::string_view map) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": too long"));
  }
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto poller = absl::WrapUnique(new SocketmapPoller(fd, map));
  if (fd < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kReadTimeout,
                 sizeof(kReadTimeout)) != 0 ||
      connect(fd, reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("connect to ", path));
  }
  return poller;
}

SocketmapPoller::~SocketmapPoller() {
  if (socket_ >= 0) close(socket_);
}

absl::StatusOr<std::string> SocketmapPoller::Poll(absl::string_view source) {
  const std::string request = SocketmapRequest(map_, source);
  const ssize_t sent =
      send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) {
    return absl::ErrnoToStatus(errno, "socketmap: send");
  }
  // One send of the proxy, thus nearly always one read; a comma ends a reply,
  // and no destination that is polled for has one.
  std::string reply;
  while (reply.empty() || reply.back() != ',') {
    char bytes[4096];
    const ssize_t size = recv(socket_, bytes, sizeof(bytes), 0);
    if (size < 0) return absl::ErrnoToStatus(errno, "socketmap: recv");
    if (size == 0) return absl::UnavailableError("socketmap: closed");
    reply.append(bytes, static_cast<size_t>(size));
  }
  absl::string_view rest = reply;
  PostfixResult result = TakeSocketmapReply(&rest);
  if (result.kind != PostfixResult::Kind::kFound) {
    return ReplyError(source, reply);
  }
  return std::move(result.value);
}

}  // namespace postmirror
