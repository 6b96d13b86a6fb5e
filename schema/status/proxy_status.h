// What a proxy says of itself on its status socket, and its JSON.
#ifndef POSTMIRROR_SCHEMA_STATUS_PROXY_STATUS_H_
#define POSTMIRROR_SCHEMA_STATUS_PROXY_STATUS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "schema/config/config.h"

namespace postmirror {

struct ProxyMap {
  std::string name;
  // How many the store has; nothing: the map is not filled, or not known.
  std::optional<uint64_t> entries;
  std::string key_collation;
  std::string temporary;  // why its lookups are temporary, or ""

  friend bool operator==(const ProxyMap&, const ProxyMap&) = default;
};

// A parameter and its list of maps.
struct ParameterMaps {
  std::string name;
  std::vector<std::string> maps;

  friend bool operator==(const ParameterMaps&, const ParameterMaps&) = default;
};

struct ProxyStatus {
  std::string version;
  std::vector<std::string> listeners;  // where it listens
  uint64_t clients = 0;                // of all listeners
  uint64_t client_limit = 0;           // of each listener
  // How long ago each of its threads was last known to go on.
  absl::Duration silent;
  std::string temporary;  // why all lookups are temporary, or ""
  // The number of sync's commit that lookups see; 0: none.
  uint64_t commit = 0;
  std::string data_file;  // which is open (Environment::DataFile), or ""
  // As postmirror.cf had them when it was read last.
  std::vector<ParameterMaps> parameters;
  // Those of them for which lookups are answered as before a reload, and for
  // how long that has been so.
  std::vector<std::string> waiting;
  absl::Duration waiting_for;
  std::vector<ProxyMap> maps;  // which lookups are answered from

  friend bool operator==(const ProxyStatus&, const ProxyStatus&) = default;
};

std::vector<ParameterMaps> ParametersOf(const Config& config);

// What a proxy says that was given `config`, before it looks at the store.
ProxyStatus ConfiguredStatus(const Config& config);

// One object, and a newline.
std::string EncodeProxyStatus(const ProxyStatus& status);

// kDataLoss for anything else.
absl::StatusOr<ProxyStatus> DecodeProxyStatus(absl::string_view text);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STATUS_PROXY_STATUS_H_
