#include "schema/status/proxy_status.h"

#include "schema/status/json.h"

namespace postmirror {
namespace {

Json Texts(const std::vector<std::string>& texts) {
  Json array = Json::Array();
  for (const std::string& text : texts) array.Append(Json::Text(text));
  return array;
}

std::vector<std::string> TextsOf(const Json& array) {
  std::vector<std::string> texts;
  for (const Json& item : array.Items()) texts.push_back(item.text());
  return texts;
}

Json ParametersJson(const std::vector<ParameterMaps>& parameters) {
  Json array = Json::Array();
  for (const ParameterMaps& parameter : parameters) {
    Json json = Json::Object();
    json.Set("name", Json::Text(parameter.name));
    json.Set("maps", Texts(parameter.maps));
    array.Append(json);
  }
  return array;
}

Json MapJson(const ProxyMap& map) {
  Json json = Json::Object();
  json.Set("name", Json::Text(map.name));
  json.Set("entries",
           map.entries.has_value() ? Json::Number(*map.entries) : Json::Null());
  json.Set("key_collation", Json::Text(map.key_collation));
  json.Set("temporary", Json::Text(map.temporary));
  return json;
}

}  // namespace

std::vector<ParameterMaps> ParametersOf(const Config& config) {
  std::vector<ParameterMaps> parameters;
  for (const ServedParameter& served : config.served) {
    parameters.push_back(
        {.name = std::string(served.parameter->name), .maps = served.maps});
  }
  return parameters;
}

ProxyStatus ConfiguredStatus(const Config& config) {
  ProxyStatus status;
  status.version = POSTMIRROR_VERSION;
  status.parameters = ParametersOf(config);
  return status;
}

std::string EncodeProxyStatus(const ProxyStatus& status) {
  Json json = Json::Object();
  json.Set("version", Json::Text(status.version));
  json.Set("listeners", Texts(status.listeners));
  json.Set("clients", Json::Number(status.clients));
  json.Set("client_limit", Json::Number(status.client_limit));
  json.Set("silent_seconds", Json::Real(absl::ToDoubleSeconds(status.silent)));
  json.Set("temporary", Json::Text(status.temporary));
  json.Set("commit", Json::Number(status.commit));
  json.Set("data_file", Json::Text(status.data_file));
  json.Set("parameters", ParametersJson(status.parameters));
  json.Set("waiting", Texts(status.waiting));
  json.Set("waiting_seconds",
           Json::Real(absl::ToDoubleSeconds(status.waiting_for)));
  Json maps = Json::Array();
  for (const ProxyMap& map : status.maps) maps.Append(MapJson(map));
  json.Set("maps", maps);
  return json.Print(0) + "\n";
}

absl::StatusOr<ProxyStatus> DecodeProxyStatus(absl::string_view text) {
  const absl::StatusOr<Json> json = Json::Parse(text);
  if (!json.ok()) return json.status();
  if (json->Get("version").text().empty()) {
    return absl::DataLossError("is no status of postmirror-proxy");
  }
  ProxyStatus status;
  status.version = json->Get("version").text();
  status.listeners = TextsOf(json->Get("listeners"));
  status.clients = json->Get("clients").number().value_or(0);
  status.client_limit = json->Get("client_limit").number().value_or(0);
  status.silent = absl::Seconds(json->Get("silent_seconds").real());
  status.temporary = json->Get("temporary").text();
  status.commit = json->Get("commit").number().value_or(0);
  status.data_file = json->Get("data_file").text();
  for (const Json& parameter : json->Get("parameters").Items()) {
    status.parameters.push_back({.name = parameter.Get("name").text(),
                                 .maps = TextsOf(parameter.Get("maps"))});
  }
  status.waiting = TextsOf(json->Get("waiting"));
  status.waiting_for = absl::Seconds(json->Get("waiting_seconds").real());
  for (const Json& map : json->Get("maps").Items()) {
    status.maps.push_back({.name = map.Get("name").text(),
                           .entries = map.Get("entries").number(),
                           .key_collation = map.Get("key_collation").text(),
                           .temporary = map.Get("temporary").text()});
  }
  return status;
}

}  // namespace postmirror
