#include "schema/config/host_port.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace postmirror {
namespace {

bool IsIpv6(absl::string_view host) {
  in6_addr address;
  return inet_pton(AF_INET6, std::string(host).c_str(), &address) == 1;
}

}  // namespace

std::string HostPort::ToString() const {
  const bool bracketed = absl::StrContains(host, ':');
  return absl::StrCat(bracketed ? "[" : "", host, bracketed ? "]:" : ":", port);
}

absl::StatusOr<HostPort> ParseHostPort(absl::string_view text) {
  HostPort parsed;
  if (TakeHost(&text, &parsed.host) && absl::ConsumePrefix(&text, ":") &&
      ParsePort(text, &parsed.port)) {
    return parsed;
  }
  return absl::InvalidArgumentError(
      "is not HOST:PORT, write an address such as 127.0.0.1 or [::1], a colon, "
      "and a port from 1 to 65535");
}

bool TakeHost(absl::string_view* text, std::string* host) {
  if (absl::ConsumePrefix(text, "[")) {
    const size_t end = text->find(']');
    if (end == text->npos || !IsIpv6(text->substr(0, end))) return false;
    *host = std::string(text->substr(0, end));
    text->remove_prefix(end + 1);
    return true;
  }
  const absl::string_view name = text->substr(0, text->find(':'));
  *host = std::string(name);
  text->remove_prefix(name.size());
  return IsHostName(name);
}

bool ParsePort(absl::string_view text, uint16_t* port) {
  uint32_t number = 0;
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (!digits || !absl::SimpleAtoi(text, &number)) return false;
  *port = static_cast<uint16_t>(number);
  return number >= 1 && number <= 65535;
}

bool IsHostName(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
           c == '-' || c == '_';
  });
}

}  // namespace postmirror
