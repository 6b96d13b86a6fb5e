// postmirror.cf, read and validated. What the programs share; the map files it
// names are read by sync alone (map_file.h).
#ifndef POSTMIRROR_SCHEMA_CONFIG_CONFIG_H_
#define POSTMIRROR_SCHEMA_CONFIG_CONFIG_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "schema/config/host_port.h"
#include "schema/config/listen_entry.h"
#include "schema/config/parameter.h"
#include "schema/config/search_settings.h"

namespace postmirror {

enum class ChangeSource { kAuto, kBinlog, kLsn, kInterval };

// A parameter that postmirror.cf defines. A map's name is the path after
// `mysql:`, as it is written there.
struct ServedParameter {
  const Parameter* parameter = nullptr;  // a constant of Parameters()
  std::vector<std::string> maps;         // in order, at least one

  friend bool operator==(const ServedParameter&,
                         const ServedParameter&) = default;
};

// The values here are the defaults. A parameter with an empty list is not
// served.
struct Config {
  std::string path;  // of postmirror.cf
  // In the order of the file; none before the administrator has written any:
  // see CheckServes.
  std::vector<ServedParameter> served;
  std::map<std::string, int> map_lines;  // of each map, where it stands first
  std::vector<ListenEntry> listen;  // no address twice; parameters all served
  std::string store = "/var/lib/postmirror";  // absolute, no slash at its end
  // Where sync says how it is, in a folder for those who watch: absolute.
  // Beside `store` where postmirror.cf does not say.
  std::string status_folder = "/var/lib/postmirror-status";
  // Where the proxy says how it is, a unix socket; empty: nowhere.
  std::string status_socket = "/run/postmirror/status";
  SearchSettings search;
  bool mydestination_stated = false;  // a non-empty mydestination was given
  ChangeSource change_source = ChangeSource::kAuto;
  // As a replica that reads the binlog, 1 to 4294967295; absent: of its own.
  std::optional<uint32_t> server_id;
  absl::Duration lsn_poll_interval = absl::Milliseconds(30);  // 1ms to 1m
  absl::Duration reconcile_interval = absl::Seconds(300);     // 100ms to 1w
  absl::Duration connect_timeout = absl::Seconds(5);          // 1s to 1h
  absl::Duration read_timeout = absl::Seconds(10);            // 1s to 1h
  // How long a host is waited for that has all that was read before: 1s to 1h.
  absl::Duration host_wait = absl::Seconds(30);
  // The part of a map that may vanish at once, from 0 to 1; 50% is 0.5.
  double max_shrink = 0.5;
  // The bytes of memory that the rows of one map may take while it is read, 1M
  // to 1024G.
  uint64_t map_memory_limit = uint64_t{2} << 30;
  // So long a map may be broken before status is critical, 0s to 1w.
  absl::Duration broken_map_critical = absl::Minutes(5);
  int proxy_threads = 1;     // 1 to 64
  int client_limit = 10000;  // connections, 1 to 1000000
  // Of the unix sockets that the proxy binds. A name or a number; empty: those
  // of the process.
  std::string unix_socket_owner;
  std::string unix_socket_group;
  unsigned unix_socket_mode = 0666;  // 0 to 0777
  // Where Prometheus scrapes each daemon; absent: nowhere.
  std::optional<HostPort> sync_metrics_listen;
  std::optional<HostPort> proxy_metrics_listen;

  friend bool operator==(const Config&, const Config&) = default;

  // The served parameter of that name, or nullptr.
  const ServedParameter* Find(absl::string_view parameter) const;

  // Every map of every served parameter, each once, in order of appearance.
  std::vector<std::string> MapNames() const;

  // Where postmirror.cf names that map first, "PATH:LINE".
  std::string PlaceOf(const std::string& map) const;
};

// Reads and validates `path`; the map files it names are not opened. Fails with
// kInvalidArgument (as ReadCfText when the file cannot be read); the message
// has one line for each thing that is wrong, "PATH:LINE: what, why, what to
// do", in the order of the file.
absl::StatusOr<Config> ReadConfig(absl::string_view path);

// The same for `text`; `path` is used in messages only.
absl::StatusOr<Config> ParseConfig(absl::string_view path,
                                   absl::string_view text);

// OK if a parameter is served; else kInvalidArgument and a message that says
// what to do. A daemon waits for the file to be written, and a check fails.
absl::Status CheckServes(const Config& config);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_CONFIG_H_
