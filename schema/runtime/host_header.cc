#include "schema/runtime/host_header.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace postmirror {
namespace {

constexpr absl::Duration kAskAgainAfter = absl::Minutes(1);

std::string WithoutPort(absl::string_view header) {
  if (absl::ConsumePrefix(&header, "[")) {
    const size_t end = std::min(header.find(']'), header.size());
    const absl::string_view rest = header.substr(end);
    // A browser may be led to a name that begins as an address does.
    if (rest != "]" && !absl::StartsWith(rest, "]:")) return "";
    return std::string(header.substr(0, end));
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

std::string ResolvedName(const std::string& name) {
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

MachineNames MachineNames::OfSystem() {
  return {.name = MachineName, .full_name = ResolvedName, .now = absl::Now};
}

OwnNames::OwnNames(std::string address, MachineNames machine)
    : address_(std::move(address)), machine_(std::move(machine)) {}

bool OwnNames::Contains(absl::string_view header) {
  const std::string host = WithoutPort(header);
  const std::string name = machine_.name();
  const std::string label = name.substr(0, name.find('.'));
  if (IsIpAddress(host) ||
      absl::EqualsIgnoreCase(host, WithoutPort(address_)) ||
      absl::EqualsIgnoreCase(host, "localhost") ||
      absl::EqualsIgnoreCase(host, name) ||
      absl::EqualsIgnoreCase(host, label)) {
    return true;
  }
  // Nothing else is worth a question.
  return absl::StartsWithIgnoreCase(host, absl::StrCat(label, ".")) &&
         absl::EqualsIgnoreCase(host, FullName(name));
}

const std::string& OwnNames::FullName(const std::string& name) {
  const absl::Time now = machine_.now();
  if (name == asked_ &&
      (!full_name_.empty() || now - asked_at_ < kAskAgainAfter)) {
    return full_name_;
  }
  full_name_ = machine_.full_name(name);
  asked_ = name;
  // The answer itself may have taken a minute.
  asked_at_ = machine_.now();
  return full_name_;
}

}  // namespace postmirror
