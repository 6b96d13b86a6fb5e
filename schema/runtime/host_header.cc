#include "schema/runtime/host_header.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <unistd.h>

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace postmirror {
namespace {

std::string WithoutPort(absl::string_view header) {
  if (absl::ConsumePrefix(&header, "[")) {
    return std::string(header.substr(0, header.find(']')));
  }
  return std::string(header.substr(0, header.find(':')));
}

bool IsIpAddress(const std::string& host) {
  in6_addr ignored;
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

std::string MachineName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

// As hostname(1) finds it; empty where the resolver knows none.
std::string FullName(const std::string& name) {
  addrinfo hints = {};
  hints.ai_flags = AI_CANONNAME;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return "";
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found,
                                                             freeaddrinfo);
  return found->ai_canonname == nullptr ? "" : found->ai_canonname;
}

}  // namespace

bool IsOurHost(absl::string_view header, absl::string_view address) {
  const std::string host = WithoutPort(header);
  const std::string machine = MachineName();
  if (IsIpAddress(host) || absl::EqualsIgnoreCase(host, WithoutPort(address)) ||
      absl::EqualsIgnoreCase(host, "localhost") ||
      absl::EqualsIgnoreCase(host, machine)) {
    return true;
  }
  // Nothing else is worth a question.
  return absl::StartsWithIgnoreCase(host, absl::StrCat(machine, ".")) &&
         absl::EqualsIgnoreCase(host, FullName(machine));
}

}  // namespace postmirror
