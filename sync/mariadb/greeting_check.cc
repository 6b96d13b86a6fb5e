#include "sync/mariadb/greeting_check.h"

#include <mysql.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

// The library exports it, for plugins that trace a connection, but no header
// that is installed declares it. `callback` is called behind each read (mode 0)
// and each write of any handle.
// NOLINTNEXTLINE(readability-identifier-naming): Connector/C's name
extern "C" int ma_pvio_register_callback(
    my_bool add, void (*callback)(int mode, MYSQL* mysql,
                                  const unsigned char* bytes, size_t size));

namespace postmirror {
namespace {

constexpr int kRead = 0;

// The connection phase of MariaDB's protocol: a header of four bytes, the
// number of the protocol, the version with its NUL, the connection's id, the
// first part of the scramble and its NUL; then the capabilities.
constexpr size_t kHeader = 4;
constexpr size_t kBeforeCapabilities = 4 + 8 + 1;
constexpr unsigned kTlsCapability = 1U << 11;  // CLIENT_SSL
constexpr unsigned kErrorPacket = 0xFF;  // in place of the protocol's number
// No server has so long a version.
constexpr size_t kMaxGreeting = 1024;

// The library's name for what we give it to take back in OnTransfer.
char check_key[] = "postmirror_greeting_check";

unsigned ByteAt(absl::string_view bytes, size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

}  // namespace

TlsOffer ReadTlsOffer(absl::string_view greeting) {
  if (greeting.size() < kHeader) return TlsOffer::kUnknown;
  const size_t end = kHeader + (ByteAt(greeting, 0) | ByteAt(greeting, 1) << 8 |
                                ByteAt(greeting, 2) << 16);
  // The library sees no more than that of it either.
  greeting = greeting.substr(0, end);
  const bool whole = greeting.size() == end;
  const TlsOffer cut = whole || greeting.size() > kMaxGreeting
                           ? TlsOffer::kNone
                           : TlsOffer::kUnknown;
  if (greeting.size() > kHeader && ByteAt(greeting, kHeader) == kErrorPacket) {
    return TlsOffer::kError;
  }
  const size_t version_end = greeting.find('\0', kHeader + 1);
  if (version_end == greeting.npos) return cut;
  const size_t at = version_end + 1 + kBeforeCapabilities;
  if (greeting.size() < at + 2) return cut;
  const unsigned capabilities = ByteAt(greeting, at) | ByteAt(greeting, at + 1)
                                                           << 8;
  return (capabilities & kTlsCapability) != 0 ? TlsOffer::kOffered
                                              : TlsOffer::kNone;
}

GreetingCheck::GreetingCheck(ServerAddress address, bool needs_tls,
                             SocketOwners* owners, WatchedSocket* watched)
    : address_(std::move(address)),
      needs_tls_(needs_tls),
      owners_(owners),
      watched_(*watched) {}

absl::Status GreetingCheck::Attach(MYSQL* mysql) {
  // The library calls it for every handle, and on what thread that one is used.
  static const int failed = ma_pvio_register_callback(1, OnTransfer);
  void* const check = this;
  if (failed == 0 &&
      mysql_optionsv(mysql, MARIADB_OPT_USERDATA, check_key, check) == 0) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("server ", address_.ToString(), ": connect: out of memory"));
}

void GreetingCheck::OnTransfer(int mode, MYSQL* mysql,
                               const unsigned char* bytes, size_t size) {
  if (mode != kRead) return;
  void* data = nullptr;
  if (mysql_get_optionv(mysql, MARIADB_OPT_USERDATA, check_key, &data) != 0 ||
      data == nullptr) {
    return;
  }
  auto* const check = static_cast<GreetingCheck*>(data);
  // A failed read comes as -1.
  const bool failed = size > PTRDIFF_MAX;
  if (check->done_ || failed) return;
  const int socket = static_cast<int>(mysql_get_socket(mysql));
  if (!check->Watch(socket)) return;
  check->Look(socket,
              {reinterpret_cast<const char*>(bytes),  // NOLINT: char's twin
               size});
}

bool GreetingCheck::Watch(int socket) {
  if (watched_.is_set() || watched_.Set(socket)) return true;
  verdict_ = absl::ResourceExhaustedError(absl::StrCat(
      "server ", address_.ToString(), ": connect: no file descriptor left"));
  done_ = true;
  shutdown(socket, SHUT_RDWR);
  return false;
}

void GreetingCheck::Look(int socket, absl::string_view bytes) {
  int family = 0;
  socklen_t size = sizeof(family);
  if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) {
    verdict_ = absl::UnavailableError(
        absl::StrCat("server ", address_.ToString(),
                     ": connect: SO_DOMAIN: ", std::strerror(errno)));
  } else if (family == AF_UNIX) {
    verdict_ = JudgeOwner(socket);
    done_ = true;
  } else if (address_.IsLocal()) {
    // Only an option file can lead there, past the owner of the socket, and no
    // TLS was prepared for it.
    verdict_ = absl::UnauthenticatedError(absl::StrCat(
        "server ", address_.ToString(),
        ": connect: the option file leads to a TCP port instead of the unix "
        "socket: take host out of it, or write that host into hosts"));
  } else if (needs_tls_) {
    verdict_ = JudgeTls(socket, bytes);
  } else {
    done_ = true;
  }
  if (verdict_.ok()) return;
  done_ = true;
  shutdown(socket, SHUT_RDWR);
}

absl::Status GreetingCheck::JudgeOwner(int socket) {
  if (owners_ == nullptr) return absl::OkStatus();
  ucred credentials = {};
  socklen_t size = sizeof(credentials);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return absl::UnavailableError(
        absl::StrCat("server ", address_.ToString(),
                     ": connect: SO_PEERCRED: ", std::strerror(errno)));
  }
  owner_ = credentials.uid;
  return owners_->Check(address_.ToString(), *owner_);
}

absl::Status GreetingCheck::JudgeTls(int socket, absl::string_view bytes) {
  absl::StrAppend(&greeting_, bytes);
  const TlsOffer offer = ReadTlsOffer(greeting_);
  done_ = offer != TlsOffer::kUnknown;
  if (offer == TlsOffer::kError) {
    // The library has yet to read it, and must not answer what comes behind it.
    shutdown(socket, SHUT_WR);
    return absl::OkStatus();
  }
  if (offer != TlsOffer::kNone) return absl::OkStatus();
  return absl::UnauthenticatedError(absl::StrCat(
      "server ", address_.ToString(),
      ": connect: the server offers no TLS, but a tls_ setting asks for it: "
      "nothing of the account was sent; set ssl_cert and ssl_key in the "
      "server, or see who has its port"));
}

absl::Status GreetingCheck::Conclude() const {
  if (!verdict_.ok()) return verdict_;
  if (!done_) {
    return absl::InternalError(absl::StrCat(
        "server ", address_.ToString(),
        ": connect: the client library has not shown the greeting"));
  }
  if (owners_ == nullptr || !owner_.has_value()) return absl::OkStatus();
  return owners_->Keep(address_.ToString(), *owner_);
}

}  // namespace postmirror
