#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
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

void AppendMap(const MapReport& map, std::string* out) {
  absl::StrAppend(out, "map ", map.name, "\n  ", map.state, ", ", map.entries,
                  " entries, freshness ", FreshnessText(map));
  if (!map.key_collation.empty()) {
    absl::StrAppend(out, ", key collation ", map.key_collation);
  }
  if (map.state == "held") {
    absl::StrAppend(out, "\n  held: ", HeldText(map), ", digest ",
                    map.held_digest);
    if (!map.held_reason.empty()) {
      absl::StrAppend(out, "\n  since ", map.held_reason);
    }
  }
  if (!map.broken.empty()) {
    absl::StrAppend(out, "\n  broken", ForHowLong(map), ": ", map.broken);
  }
  if (map.waiting_removals + map.waiting_additions > 0) {
    absl::StrAppend(
        out, "\n  until every map can be read wait: ", map.waiting_removals,
        " removals, ", map.waiting_additions, " new keys");
  }
  absl::StrAppend(out, "\n");
}

void AppendProxy(const ProxyStatus& proxy, std::string* out) {
  absl::StrAppend(out, "proxy ", proxy.version, "\n  clients ", proxy.clients,
                  ", client_limit ", proxy.client_limit, ", listening on ",
                  absl::StrJoin(proxy.listeners, ", "), "\n");
  if (!proxy.waiting.empty()) {
    absl::StrAppend(out, "  answered from their former maps: ",
                    absl::StrJoin(proxy.waiting, ", "), "\n");
  }
}

}  // namespace

std::string FormatText(const StatusReport& report) {
  std::string out = absl::StrCat("postmirror ", HealthName(report.health), ": ",
                                 report.summary, "\n");
  for (const ServerStatus& server : report.servers) {
    absl::StrAppend(&out, "server ",
                    server.server.empty() ? server.hosts : server.server,
                    server.server.empty() ? ": not connected" : "", "\n");
    if (!server.change_source.empty()) {
      absl::StrAppend(&out, "  change source ", server.change_source, ": ",
                      server.reason, "\n");
    }
    if (!server.doubt.empty()) {
      absl::StrAppend(&out, "  in doubt: ", server.doubt, "\n");
    }
    if (!server.unfit.empty()) {
      absl::StrAppend(&out, "  hosts: ", server.unfit, "\n");
    }
    if (!server.last_error.empty()) {
      absl::StrAppend(&out, "  last error ", server.last_error, "\n");
    }
  }
  if (report.proxy.has_value()) AppendProxy(*report.proxy, &out);
  for (const MapReport& map : report.maps) AppendMap(map, &out);
  return out;
}

}  // namespace postmirror
