#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "schema/runtime/printable.h"
#include "sync/ctl/status_report.h"

namespace postmirror {
namespace {

const char* HealthName(Health health) {
  switch (health) {
    case Health::kOk:
      return "OK";
    case Health::kWarning:
      return "WARNING";
    case Health::kCritical:
      return "CRITICAL";
    case Health::kUnknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

std::string FreshnessText(const MapReport& map) {
  if (!map.freshness.has_value()) return "unknown";
  return absl::StrFormat("%.1fs", absl::ToDoubleSeconds(*map.freshness));
}

// Names and reasons are those of others: of paths, of a server.
void AppendLine(absl::string_view line, std::string* out) {
  absl::StrAppend(out, Printable(line), "\n");
}

void AppendMap(const MapReport& map, std::string* out) {
  AppendLine(absl::StrCat("map ", map.name), out);
  std::string state = absl::StrCat("  ", map.state, ", ", map.entries,
                                   " entries, freshness ", FreshnessText(map));
  if (!map.key_collation.empty()) {
    absl::StrAppend(&state, ", key collation ", map.key_collation);
  }
  AppendLine(state, out);
  if (map.state == "held") {
    AppendLine(
        absl::StrCat("  held: ", HeldText(map), ", digest ", map.held_digest),
        out);
    if (!map.held_reason.empty()) {
      AppendLine(absl::StrCat("  since ", map.held_reason), out);
    }
  }
  if (!map.broken.empty()) {
    AppendLine(absl::StrCat("  broken", ForHowLong(map), ": ", map.broken),
               out);
  }
  if (map.waiting_removals + map.waiting_additions > 0) {
    AppendLine(absl::StrCat(
                   "  until every map can be read wait: ", map.waiting_removals,
                   " removals, ", map.waiting_additions, " new keys"),
               out);
  }
}

void AppendProxy(const ProxyStatus& proxy, std::string* out) {
  AppendLine(absl::StrCat("proxy ", proxy.version), out);
  AppendLine(absl::StrCat("  clients ", proxy.clients, ", client_limit ",
                          proxy.client_limit, ", listening on ",
                          absl::StrJoin(proxy.listeners, ", ")),
             out);
  if (!proxy.waiting.empty()) {
    AppendLine(absl::StrCat("  answered from their former maps: ",
                            absl::StrJoin(proxy.waiting, ", ")),
               out);
  }
}

void AppendServer(const ServerStatus& server, std::string* out) {
  AppendLine(server.server.empty()
                 ? absl::StrCat("server ", server.hosts, ": not connected")
                 : absl::StrCat("server ", server.server),
             out);
  if (!server.change_source.empty()) {
    AppendLine(absl::StrCat("  change source ", server.change_source, ": ",
                            server.reason),
               out);
  }
  if (!server.doubt.empty()) {
    AppendLine(absl::StrCat("  in doubt: ", server.doubt), out);
  }
  if (!server.unfit.empty()) {
    AppendLine(absl::StrCat("  hosts: ", server.unfit), out);
  }
  if (!server.last_error.empty()) {
    AppendLine(absl::StrCat("  last error ", server.last_error), out);
  }
}

}  // namespace

std::string FormatText(const StatusReport& report) {
  std::string out;
  AppendLine(absl::StrCat("postmirror ", HealthName(report.health), ": ",
                          report.summary),
             &out);
  for (const ServerStatus& server : report.servers) AppendServer(server, &out);
  if (report.proxy.has_value()) AppendProxy(*report.proxy, &out);
  for (const MapReport& map : report.maps) AppendMap(map, &out);
  return out;
}

}  // namespace postmirror
