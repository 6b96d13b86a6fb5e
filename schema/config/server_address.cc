#include "schema/config/server_address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "schema/config/cf_value.h"

namespace postmirror {
namespace {

bool IsIpv6(absl::string_view host) {
  in6_addr address;
  return inet_pton(AF_INET6, std::string(host).c_str(), &address) == 1;
}

// find_inet_port(3): a number or the name of a service. Called while a program
// starts or reloads, by one thread, since getservbyname(3) is not for more.
bool ParsePort(absl::string_view text, uint16_t* port) {
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (!digits) {
    const servent* service = getservbyname(std::string(text).c_str(), "tcp");
    if (service == nullptr) return false;
    *port = ntohs(static_cast<uint16_t>(service->s_port));
    return true;
  }
  uint32_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number > 65535) return false;
  *port = static_cast<uint16_t>(number);
  return true;
}

absl::StatusOr<ServerAddress> ParseInet(absl::string_view text) {
  ServerAddress address;
  absl::string_view port;
  bool has_port = false;
  if (absl::ConsumePrefix(&text, "[")) {
    const size_t end = text.find(']');
    address.host = std::string(text.substr(0, end));
    port = end == text.npos ? "" : text.substr(end + 1);
    has_port = absl::ConsumePrefix(&port, ":");
    if (end == text.npos || !IsIpv6(address.host) ||
        (!has_port && !port.empty())) {
      return absl::InvalidArgumentError(
          "has no IPv6 address between its brackets, write [HOST] or "
          "[HOST]:PORT");
    }
  } else {
    const size_t colon = text.rfind(':');
    has_port = colon != text.npos;
    address.host = std::string(text.substr(0, colon));
    if (has_port) port = text.substr(colon + 1);
    if (absl::StrContains(address.host, ':') && !IsIpv6(address.host)) {
      return absl::InvalidArgumentError(
          "has an IPv6 address whose last part Postfix takes for a port, write "
          "inet:HOST:PORT");
    }
  }
  if (address.host.empty()) {
    return absl::InvalidArgumentError(
        "names no host, write unix:PATH, inet:HOST:PORT, HOST:PORT or HOST");
  }
  if (absl::EqualsIgnoreCase(address.host, "localhost"))
    address.host = "localhost";
  if (has_port && (port.empty() || !ParsePort(port, &address.port))) {
    return absl::InvalidArgumentError(
        "has no port behind its colon, write a number up to 65535 or a service "
        "of "
        "/etc/services");
  }
  return address;
}

}  // namespace

bool ServerAddress::IsLocal() const {
  return !unix_path.empty() || host.empty() ||
         absl::EqualsIgnoreCase(host, "localhost");
}

std::string ServerAddress::ToString() const {
  if (!unix_path.empty()) return absl::StrCat("unix:", unix_path);
  const std::string name =
      absl::StrContains(host, ':') ? absl::StrCat("[", host, "]") : host;
  return port == 0 ? name : absl::StrCat(name, ":", port);
}

absl::StatusOr<ServerAddress> ParseServerAddress(absl::string_view text) {
  if (absl::ConsumePrefix(&text, "unix:")) {
    absl::Status status = CheckAbsolutePath(text);
    if (!status.ok()) return status;
    ServerAddress address;
    address.unix_path = std::string(text);
    return address;
  }
  absl::ConsumePrefix(&text, "inet:");
  return ParseInet(text);
}

}  // namespace postmirror
