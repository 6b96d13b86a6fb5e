#include "schema/config/listen_list.h"

#include <arpa/inet.h>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "schema/config/parameter.h"

namespace postmirror {
namespace {

constexpr absl::string_view kDefaultListen[] = {
    "tcp:127.0.0.1:10040:virtual_mailbox_domains",
    "tcp:127.0.0.1:10041:virtual_mailbox_maps",
    "tcp:127.0.0.1:10042:virtual_alias_maps",
    "socketmap:inet:127.0.0.1:10043",
    "socketmap:unix:/var/spool/postfix/postmirror/maps",
};

// The address alone, so that two ways to write one address are equal.
std::string Address(const ListenEntry& entry) {
  if (!entry.unix_path.empty()) return entry.unix_path;
  std::string host = absl::AsciiStrToLower(entry.host);
  in6_addr address;
  char text[INET6_ADDRSTRLEN];
  if (inet_pton(AF_INET6, host.c_str(), &address) == 1 &&
      inet_ntop(AF_INET6, &address, text, sizeof(text)) != nullptr) {
    host = text;
  }
  return absl::StrCat(host, ":", entry.port);
}

// Why the parameter of a tcp_table listener cannot be served; empty if it can.
std::string Objection(const ListenEntry& entry,
                      const std::set<std::string>& defined) {
  if (entry.protocol != Protocol::kTcpTable) return "";
  if (defined.contains(entry.parameter)) return "";
  if (FindParameter(entry.parameter) != nullptr) {
    return absl::StrCat(
        "serves ", entry.parameter,
        ", which is not defined in this file, define it or remove "
        "the entry");
  }
  return absl::StrCat(
      "serves a parameter that postmirror does not know, write one of ",
      absl::StrJoin(Parameters(), ", ",
                    [](std::string* out, const Parameter& p) {
                      absl::StrAppend(out, p.name);
                    }));
}

}  // namespace

std::vector<ListenEntry> ParseListenList(const CfEntry& entry,
                                         const std::set<std::string>& defined,
                                         CfErrors* errors) {
  std::vector<ListenEntry> list;
  std::set<std::string> addresses;
  const std::vector<CfElement> elements = ListElements(entry);
  if (elements.empty()) {
    errors->Add(
        entry.line,
        "listen is empty, so that nobody could ask, remove the line for the "
        "default or name an address");
  }
  for (const auto& [text, line] : elements) {
    const absl::StatusOr<ListenEntry> parsed = ParseListenEntry(text);
    if (!parsed.ok()) {
      errors->Add(line, absl::StrCat("listen: ", parsed.status().message()));
      continue;
    }
    const std::string objection = Objection(*parsed, defined);
    if (!objection.empty()) {
      errors->Add(line, absl::StrCat("listen: ", Quoted(text), " ", objection));
    }
    if (!addresses.insert(Address(*parsed)).second) {
      errors->Add(line,
                  absl::StrCat("listen: ", Quoted(text),
                               " has an address that is listed before, and "
                               "one address has one listener, remove one"));
    }
    list.push_back(*parsed);
  }
  return list;
}

std::vector<ListenEntry> DefaultListenList(
    const std::set<std::string>& defined) {
  std::vector<ListenEntry> list;
  for (const absl::string_view text : kDefaultListen) {
    const absl::StatusOr<ListenEntry> entry = ParseListenEntry(text);
    if (entry.ok() && Objection(*entry, defined).empty())
      list.push_back(*entry);
  }
  return list;
}

}  // namespace postmirror
