#include <string>

#include "schema/status/json.h"
#include "sync/ctl/status_report.h"

namespace postmirror {
namespace {

constexpr const char* kHealthNames[] = {"ok", "warning", "critical", "unknown"};

Json Seconds(const std::optional<absl::Duration>& duration) {
  return duration.has_value() ? Json::Real(absl::ToDoubleSeconds(*duration))
                              : Json::Null();
}

Json MapJson(const MapReport& map) {
  Json json = Json::Object();
  json.Set("name", Json::Text(map.name));
  json.Set("state", Json::Text(map.state));
  json.Set("entries", Json::Number(map.entries));
  json.Set("key_collation", Json::Text(map.key_collation));
  json.Set("freshness_seconds", Seconds(map.freshness));
  json.Set("held_removals", Json::Number(map.held_removals));
  json.Set("held_values", Json::Number(map.held_values));
  json.Set("held_additions", map.held_additions.has_value()
                                 ? Json::Number(*map.held_additions)
                                 : Json::Null());
  json.Set("held_digest", Json::Text(map.held_digest));
  json.Set("held_reason", Json::Text(map.held_reason));
  json.Set("broken", Json::Text(map.broken));
  json.Set("broken_seconds", Seconds(map.broken_for));
  json.Set("waiting_removals", Json::Number(map.waiting_removals));
  json.Set("waiting_additions", Json::Number(map.waiting_additions));
  return json;
}

Json ServerJson(const ServerStatus& server) {
  Json json = Json::Object();
  json.Set("hosts", Json::Text(server.hosts));
  json.Set("server", Json::Text(server.server));
  json.Set("change_source", Json::Text(server.change_source));
  json.Set("as_configured", Json::Bool(server.as_configured));
  json.Set("reason", Json::Text(server.reason));
  json.Set("doubt", Json::Text(server.doubt));
  json.Set("unfit", Json::Text(server.unfit));
  json.Set("error", Json::Text(server.error));
  json.Set("last_error", Json::Text(server.last_error));
  return json;
}

Json ProxyJson(const ProxyStatus& proxy) {
  Json json = Json::Object();
  json.Set("version", Json::Text(proxy.version));
  json.Set("clients", Json::Number(proxy.clients));
  json.Set("client_limit", Json::Number(proxy.client_limit));
  json.Set("commit", Json::Number(proxy.commit));
  Json listeners = Json::Array();
  for (const std::string& each : proxy.listeners) {
    listeners.Append(Json::Text(each));
  }
  json.Set("listeners", listeners);
  return json;
}

}  // namespace

std::string FormatJson(const StatusReport& report) {
  Json root = Json::Object();
  root.Set("health", Json::Text(kHealthNames[static_cast<int>(report.health)]));
  root.Set("summary", Json::Text(report.summary));
  root.Set("proxy",
           report.proxy.has_value() ? ProxyJson(*report.proxy) : Json::Null());
  Json servers = Json::Array();
  for (const ServerStatus& server : report.servers) {
    servers.Append(ServerJson(server));
  }
  root.Set("servers", servers);
  Json maps = Json::Array();
  for (const MapReport& map : report.maps) maps.Append(MapJson(map));
  root.Set("maps", maps);
  return root.Print(2) + "\n";
}

}  // namespace postmirror
