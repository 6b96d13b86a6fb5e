#include "sync/status_line.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace postmirror {
namespace {

std::string ServerText(const ServerStatus& server) {
  if (!server.error.empty()) {
    return absl::StrCat(server.hosts, " cannot be read: ", server.error);
  }
  if (server.server.empty())
    return absl::StrCat("connecting to ", server.hosts);
  return absl::StrCat("following ", server.server, " by ",
                      server.change_source);
}

}  // namespace

std::string StatusLine(const SyncStatus& status) {
  std::vector<std::string> servers;
  size_t maps = 0;
  size_t filled = 0;
  std::vector<absl::string_view> held;
  std::vector<absl::string_view> broken;
  for (const ServerStatus& server : status.servers) {
    servers.push_back(ServerText(server));
    maps += server.maps.size();
    for (const MapStatus& map : server.maps) {
      if (map.confirmed.has_value()) ++filled;
      if (!map.held_digest.empty()) held.push_back(map.name);
      if (!map.broken.empty()) broken.push_back(map.name);
    }
  }
  std::string line = absl::StrCat(absl::StrJoin(servers, "; "),
                                  "; maps filled: ", filled, " of ", maps);
  if (!held.empty()) {
    absl::StrAppend(&line, "; held by the guard: ", absl::StrJoin(held, ", "));
  }
  if (!broken.empty()) {
    absl::StrAppend(&line, "; broken: ", absl::StrJoin(broken, ", "));
  }
  if (!status.store_fault.empty()) {
    absl::StrAppend(&line, "; ", status.store_fault);
  }
  return line;
}

}  // namespace postmirror
