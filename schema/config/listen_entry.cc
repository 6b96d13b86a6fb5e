#include "schema/config/listen_entry.h"

#include <sys/un.h>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "schema/config/cf_errors.h"
#include "schema/config/host_port.h"

namespace postmirror {
namespace {

// unix(7): the path and its NUL.
constexpr size_t kMaxUnixPathBytes = sizeof(sockaddr_un::sun_path) - 1;

absl::Status Refused(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      Quoted(text), " ", why,
      ", write tcp:HOST:PORT:PARAMETER, socketmap:inet:HOST:PORT or "
      "socketmap:unix:PATH, an IPv6 host in brackets"));
}

absl::StatusOr<ListenEntry> ParseUnix(absl::string_view text,
                                      absl::string_view path) {
  if (!absl::StartsWith(path, "/")) {
    return Refused(text, "has no absolute path for its socket");
  }
  if (path.size() > kMaxUnixPathBytes) {
    return Refused(text, absl::StrCat("has a path over the ", kMaxUnixPathBytes,
                                      " bytes of a unix socket"));
  }
  ListenEntry entry;
  entry.protocol = Protocol::kSocketmap;
  entry.unix_path = std::string(path);
  return entry;
}

absl::StatusOr<ListenEntry> ParseInet(absl::string_view text,
                                      absl::string_view rest,
                                      Protocol protocol) {
  ListenEntry entry;
  entry.protocol = protocol;
  if (!TakeHost(&rest, &entry.host) || !absl::ConsumePrefix(&rest, ":")) {
    return Refused(text, "has no host and port where they belong");
  }
  const absl::string_view port = rest.substr(0, rest.find(':'));
  if (!ParsePort(port, &entry.port)) {
    return Refused(text, "has no port from 1 to 65535 behind its host");
  }
  rest.remove_prefix(port.size());
  if (protocol == Protocol::kSocketmap) {
    if (rest.empty()) return entry;
    return Refused(
        text,
        "has something behind its port, but a socketmap serves every "
        "parameter, by the name that Postfix sends");
  }
  if (!absl::ConsumePrefix(&rest, ":") || !IsHostName(rest)) {
    return Refused(
        text, "names no parameter, and a tcp_table request has no map name");
  }
  entry.parameter = std::string(rest);
  return entry;
}

}  // namespace

std::string ListenEntry::ToString() const {
  if (!unix_path.empty()) return absl::StrCat("socketmap:unix:", unix_path);
  const std::string address = HostPort{host, port}.ToString();
  if (protocol == Protocol::kSocketmap)
    return absl::StrCat("socketmap:inet:", address);
  return absl::StrCat("tcp:", address, ":", parameter);
}

absl::StatusOr<ListenEntry> ParseListenEntry(absl::string_view text) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "tcp:")) {
    return ParseInet(text, rest, Protocol::kTcpTable);
  }
  if (absl::ConsumePrefix(&rest, "socketmap:inet:")) {
    return ParseInet(text, rest, Protocol::kSocketmap);
  }
  if (absl::ConsumePrefix(&rest, "socketmap:unix:"))
    return ParseUnix(text, rest);
  return Refused(text, "is no address to listen on");
}

}  // namespace postmirror
