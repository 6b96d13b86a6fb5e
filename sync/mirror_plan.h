// What is to be mirrored and from where: the map files of postmirror.cf, read,
// their mirror queries derived, and ordered by server and group.
#ifndef POSTMIRROR_SYNC_MIRROR_PLAN_H_
#define POSTMIRROR_SYNC_MIRROR_PLAN_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "schema/config/config.h"
#include "schema/config/map_file.h"
#include "schema/query/mirror_query.h"
#include "schema/query/result_format.h"
#include "sync/entry_walk.h"
#include "sync/mariadb/socket_watch.h"
#include "sync/socket_owners.h"

namespace postmirror {

// One map, ready to be mirrored.
struct MirroredMap {
  std::string name;  // the path of its map file
  std::string dbname;
  MirrorQuery query;
  ResultFormat result_format;
  std::vector<std::string> domain;
  EntryRules rules;
  bool mirror_ascii_ci = false;  // MapFile
  bool address_search = false;   // a parameter with an address search lists it
  bool lists_domains = false;    // one with an exact search does
  GuardScope guard = GuardScope::kValues;
  // So many bytes its rows may take (Config::map_memory_limit).
  uint64_t memory_limit = std::numeric_limits<uint64_t>::max();
  // The text of what decides the map's entries, beside the key's collation.
  std::string definition;
};

// Maps that are read by one connection: equal hosts and log-on.
struct Group {
  LogOn log_on;
  std::vector<MirroredMap> maps;
  // Who may serve a unix socket among the hosts; anybody where it is nullptr.
  SocketOwners* owners = nullptr;
  SocketWatch* watch = nullptr;  // see ConnectionSettings
};

// The groups of one list of hosts: they are to show one moment of one server.
struct ServerPlan {
  std::vector<ServerAddress> hosts;
  std::vector<Group> groups;
};

// The names of all of its maps.
std::vector<std::string> MapNames(const ServerPlan& plan);

struct MirrorPlan {
  std::vector<ServerPlan> servers;
  std::vector<std::string> warnings;
};

// Reads every map file that `config` names. Fails with kInvalidArgument and a
// message of one line for each thing that is wrong.
absl::StatusOr<MirrorPlan> PlanMirror(const Config& config);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MIRROR_PLAN_H_
