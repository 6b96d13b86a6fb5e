#include "schema/runtime/listening_sockets.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace postmirror {
namespace {

constexpr int kBacklog = 128;

using AddressList = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

absl::StatusOr<AddressList> Resolve(const std::string& address) {
  const size_t colon = address.rfind(':');
  absl::string_view host = absl::string_view(address).substr(0, colon);
  absl::ConsumePrefix(&host, "[");
  absl::ConsumeSuffix(&host, "]");
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int unresolved = getaddrinfo(
      std::string(host).c_str(), address.c_str() + colon + 1, &hints, &found);
  if (unresolved != 0) {
    return absl::UnavailableError(
        absl::StrCat(address, ": resolve: ", gai_strerror(unresolved)));
  }
  return AddressList(found, freeaddrinfo);
}

// Returns 0, or the errno of the call that failed and its name in `*call`.
int Bind(const addrinfo& address, FileDescriptor* socket,
         absl::string_view* call) {
  *call = "socket";
  *socket = FileDescriptor(::socket(
      address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket->open()) return errno;
  const int on = 1;
  // Else a restart would have to wait for old connections to time out.
  setsockopt(socket->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.ai_family == AF_INET6)
    setsockopt(socket->get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  *call = "bind";
  if (bind(socket->get(), address.ai_addr, address.ai_addrlen) != 0)
    return errno;
  *call = "listen";
  return listen(socket->get(), kBacklog) == 0 ? 0 : errno;
}

absl::Status Failure(const std::string& address, absl::string_view call,
                     int error) {
  return absl::Status(error == EACCES ? absl::StatusCode::kPermissionDenied
                                      : absl::StatusCode::kUnavailable,
                      absl::StrCat(address, ": ", call, ": ",
                                   std::generic_category().message(error)));
}

}  // namespace

absl::StatusOr<std::vector<FileDescriptor>> OpenListeningSockets(
    const std::string& address) {
  const absl::StatusOr<AddressList> list = Resolve(address);
  if (!list.ok()) return list.status();
  std::vector<FileDescriptor> sockets;
  absl::Status missing;
  for (const addrinfo* each = list->get(); each; each = each->ai_next) {
    FileDescriptor socket;
    absl::string_view call;
    const int error = Bind(*each, &socket, &call);
    if (error == 0) {
      sockets.push_back(std::move(socket));
      continue;
    }
    missing = Failure(address, call, error);
    // A name such as localhost stands for addresses that this host need not
    // have.
    if (error != EADDRNOTAVAIL && error != EAFNOSUPPORT) return missing;
  }
  if (sockets.empty()) return missing;
  return sockets;
}

}  // namespace postmirror
