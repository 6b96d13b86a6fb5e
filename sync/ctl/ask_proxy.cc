#include "sync/ctl/ask_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {
namespace {

// Thousands of maps take less.
constexpr size_t kMaxBytes = size_t{16} << 20;

using Time = std::chrono::steady_clock::time_point;

absl::Status Failure(const std::string& path, int error) {
  const std::string text = absl::StrCat(path, ": ", ErrnoText(error));
  return error == EACCES || error == EPERM ? absl::PermissionDeniedError(text)
                                           : absl::UnavailableError(text);
}

// Waits for bytes, or for the end.
bool AwaitReadable(int socket, Time deadline) {
  for (;;) {
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (rest.count() <= 0) return false;
    pollfd event = {.fd = socket, .events = POLLIN, .revents = 0};
    const int ready = poll(&event, 1, static_cast<int>(rest.count()) + 1);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

absl::StatusOr<std::string> ReadAll(int socket, const std::string& path,
                                    Time deadline) {
  std::string text;
  char buffer[65536];
  while (AwaitReadable(socket, deadline)) {
    const ssize_t got = recv(socket, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return Failure(path, errno);
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > kMaxBytes) break;
  }
  return Failure(path, ETIMEDOUT);
}

}  // namespace

absl::StatusOr<ProxyStatus> AskProxy(const std::string& path,
                                     absl::Duration patience) {
  const Time deadline =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(patience);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return Failure(path, ENAMETOOLONG);
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.open()) {
    return absl::InternalError(
        absl::StrCat(path, ": socket: ", ErrnoText(errno)));
  }
  // Others may fill its queue for a moment.
  const timeval waits = absl::ToTimeval(patience);
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &waits, sizeof(waits));
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) != 0) {
    return Failure(path, errno == EAGAIN ? ETIMEDOUT : errno);
  }
  const absl::StatusOr<std::string> text =
      ReadAll(socket.get(), path, deadline);
  if (!text.ok()) return text.status();
  absl::StatusOr<ProxyStatus> status = DecodeProxyStatus(*text);
  if (status.ok()) return status;
  return absl::DataLossError(
      absl::StrCat(path, ": ", status.status().message()));
}

}  // namespace postmirror
