#include <jansson.h>

#include <cstdlib>
#include <memory>

#include "sync/ctl/status_report.h"

namespace postmirror {
namespace {

constexpr const char* kHealthNames[] = {"ok", "warning", "critical", "unknown"};

struct Release {
  void operator()(json_t* json) const { json_decref(json); }
  void operator()(char* text) const { std::free(text); }
};

// Names are the file system's bytes: those that are no UTF-8 are not shown.
json_t* Text(const std::string& text) {
  json_t* json = json_stringn(text.data(), text.size());
  return json != nullptr ? json : json_string("(not UTF-8)");
}

json_t* Seconds(const std::optional<absl::Duration>& duration) {
  return duration.has_value() ? json_real(absl::ToDoubleSeconds(*duration))
                              : json_null();
}

json_t* MapJson(const MapReport& map) {
  json_t* json = json_object();
  json_object_set_new(json, "name", Text(map.name));
  json_object_set_new(json, "state", Text(map.state));
  json_object_set_new(json, "entries",
                      json_integer(static_cast<json_int_t>(map.entries)));
  json_object_set_new(json, "key_collation", Text(map.key_collation));
  json_object_set_new(json, "freshness_seconds", Seconds(map.freshness));
  json_object_set_new(json, "held_removals",
                      json_integer(static_cast<json_int_t>(map.held_removals)));
  json_object_set_new(json, "held_values",
                      json_integer(static_cast<json_int_t>(map.held_values)));
  json_object_set_new(
      json, "held_additions",
      map.held_additions.has_value()
          ? json_integer(static_cast<json_int_t>(*map.held_additions))
          : json_null());
  json_object_set_new(json, "held_digest", Text(map.held_digest));
  json_object_set_new(json, "held_reason", Text(map.held_reason));
  json_object_set_new(json, "broken", Text(map.broken));
  json_object_set_new(json, "broken_seconds", Seconds(map.broken_for));
  json_object_set_new(
      json, "waiting_removals",
      json_integer(static_cast<json_int_t>(map.waiting_removals)));
  json_object_set_new(
      json, "waiting_additions",
      json_integer(static_cast<json_int_t>(map.waiting_additions)));
  return json;
}

json_t* ServerJson(const ServerStatus& server) {
  json_t* json = json_object();
  json_object_set_new(json, "hosts", Text(server.hosts));
  json_object_set_new(json, "server", Text(server.server));
  json_object_set_new(json, "change_source", Text(server.change_source));
  json_object_set_new(json, "as_configured",
                      json_boolean(server.as_configured));
  json_object_set_new(json, "reason", Text(server.reason));
  json_object_set_new(json, "doubt", Text(server.doubt));
  json_object_set_new(json, "unfit", Text(server.unfit));
  json_object_set_new(json, "error", Text(server.error));
  json_object_set_new(json, "last_error", Text(server.last_error));
  return json;
}

}  // namespace

std::string FormatJson(const StatusReport& report) {
  const std::unique_ptr<json_t, Release> root(json_object());
  json_object_set_new(
      root.get(), "health",
      json_string(kHealthNames[static_cast<int>(report.health)]));
  json_object_set_new(root.get(), "summary", Text(report.summary));
  json_t* servers = json_array();
  for (const ServerStatus& server : report.servers) {
    json_array_append_new(servers, ServerJson(server));
  }
  json_object_set_new(root.get(), "servers", servers);
  json_t* maps = json_array();
  for (const MapReport& map : report.maps)
    json_array_append_new(maps, MapJson(map));
  json_object_set_new(root.get(), "maps", maps);
  const std::unique_ptr<char, Release> text(
      json_dumps(root.get(), JSON_INDENT(2) | JSON_REAL_PRECISION(6)));
  return text == nullptr ? std::string() : std::string(text.get()) + "\n";
}

}  // namespace postmirror
