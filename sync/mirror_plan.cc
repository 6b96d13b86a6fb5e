#include "sync/mirror_plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "schema/config/cf_file.h"
#include "sync/mariadb/log_on_files.h"

namespace postmirror {
namespace {

absl::Status AtQuery(const MapFile& file, const absl::Status& status) {
  return absl::InvalidArgumentError(
      absl::StrCat(file.path, ":", file.query_line, ": ", status.message()));
}

// One line for each setting that decides what a lookup finds. Hosts, user,
// password and TLS are left out: they do not change the table.
std::string Define(const MapFile& file, const MirrorQuery& query, bool utf8) {
  return absl::StrCat("dbname = ", file.dbname, "\nquery = ", query.sql,
                      "\nresult_format = ", file.result_format,
                      "\nexpansion_limit = ", file.expansion_limit,
                      "\ndomain = ", absl::StrJoin(file.domain, ", "),
                      "\nsmtputf8_enable = ", utf8 ? "yes" : "no", "\n");
}

// Whether a parameter whose search is exact, or is not, lists the map.
bool IsServed(const std::string& name, const Config& config, bool exact) {
  return std::any_of(
      config.served.begin(), config.served.end(),
      [&](const ServedParameter& served) {
        return (served.parameter->search == SearchKind::kExact) == exact &&
               std::find(served.maps.begin(), served.maps.end(), name) !=
                   served.maps.end();
      });
}

// Values that change all day, such as a list of who may send, are not judged.
bool HasSteadyValues(const std::string& name, const Config& config) {
  return std::any_of(config.served.begin(), config.served.end(),
                     [&](const ServedParameter& served) {
                       const absl::string_view parameter =
                           served.parameter->name;
                       return (absl::StartsWith(parameter, "virtual_") ||
                               absl::EndsWith(parameter, "canonical_maps")) &&
                              std::find(served.maps.begin(), served.maps.end(),
                                        name) != served.maps.end();
                     });
}

GuardScope GuardOf(const MapFile& file, const Config& config) {
  if (file.guard.has_value()) return *file.guard;
  return HasSteadyValues(file.path, config) ? GuardScope::kValues
                                            : GuardScope::kRemovals;
}

absl::StatusOr<MirroredMap> PlanMap(const MapFile& file, const Config& config) {
  absl::StatusOr<MirrorQuery> query = file.mirror_query.has_value()
                                          ? ParseMirrorQuery(*file.mirror_query)
                                          : DeriveMirrorQuery(file.query);
  if (!query.ok()) return AtQuery(file, query.status());
  absl::StatusOr<ResultFormat> format = ResultFormat::Parse(file.result_format);
  if (!format.ok()) return AtQuery(file, format.status());
  const bool utf8 = config.search.smtputf8_enable;
  std::string definition = Define(file, *query, utf8);
  return MirroredMap{
      .name = file.path,
      .dbname = file.dbname,
      .query = *std::move(query),
      .result_format = *std::move(format),
      .domain = file.domain,
      .rules = {.expansion_limit = file.expansion_limit, .utf8 = utf8},
      .mirror_ascii_ci = file.mirror_ascii_ci,
      .address_search = IsServed(file.path, config, /*exact=*/false),
      .lists_domains = IsServed(file.path, config, /*exact=*/true),
      .guard = GuardOf(file, config),
      .memory_limit = config.map_memory_limit,
      .definition = std::move(definition)};
}

void AddMap(const MapFile& file, MirroredMap map, MirrorPlan* plan) {
  auto server = std::find_if(plan->servers.begin(), plan->servers.end(),
                             [&](const ServerPlan& candidate) {
                               return candidate.hosts == file.hosts;
                             });
  if (server == plan->servers.end()) {
    server = plan->servers.insert(
        server, ServerPlan{.hosts = file.hosts, .groups = {}});
  }
  auto group = std::find_if(
      server->groups.begin(), server->groups.end(),
      [&](const Group& candidate) { return candidate.log_on == file.log_on; });
  if (group == server->groups.end()) {
    group =
        server->groups.insert(group, Group{.log_on = file.log_on, .maps = {}});
  }
  group->maps.push_back(std::move(map));
}

// One line, where a server is read over TCP without TLS.
void WarnOfPlainTcp(const ServerPlan& server, MirrorPlan* plan) {
  const auto tcp = std::find_if(
      server.hosts.begin(), server.hosts.end(),
      [](const ServerAddress& address) { return !address.IsLocal(); });
  const bool plain =
      std::any_of(server.groups.begin(), server.groups.end(),
                  [](const Group& group) { return !group.log_on.WantsTls(); });
  if (tcp == server.hosts.end() || !plain) return;
  plan->warnings.push_back(absl::StrCat(
      "hosts: ", tcp->ToString(),
      " is read over TCP without TLS, so that whoever takes the port while "
      "MariaDB is down can serve rows of his own; write hosts = "
      "unix:/run/mysqld/mysqld.sock for a MariaDB of this machine, else "
      "tls_CAfile"));
}

}  // namespace

std::vector<std::string> MapNames(const ServerPlan& plan) {
  std::vector<std::string> names;
  for (const Group& group : plan.groups) {
    for (const MirroredMap& map : group.maps) names.push_back(map.name);
  }
  return names;
}

absl::StatusOr<MirrorPlan> PlanMirror(const Config& config) {
  MirrorPlan plan;
  std::vector<std::string> problems;
  for (const std::string& name : config.MapNames()) {
    const absl::StatusOr<std::string> text = ReadCfText(name);
    if (!text.ok()) {
      // There is no line of the map file to name, but one that names the file.
      problems.push_back(
          absl::StrCat(config.PlaceOf(name), ": ", text.status().message()));
      continue;
    }
    const absl::StatusOr<MapFile> file =
        ParseMapFile(name, *text, &plan.warnings);
    if (!file.ok()) {
      problems.emplace_back(file.status().message());
      continue;
    }
    if (absl::Status regular = CheckAreRegular(file->log_on); !regular.ok()) {
      problems.push_back(absl::StrCat(name, ": ", regular.message()));
      continue;
    }
    absl::StatusOr<MirroredMap> map = PlanMap(*file, config);
    if (!map.ok()) {
      problems.emplace_back(map.status().message());
      continue;
    }
    AddMap(*file, *std::move(map), &plan);
  }
  if (!problems.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  }
  for (const ServerPlan& server : plan.servers) WarnOfPlainTcp(server, &plan);
  if (plan.servers.size() > 1) {
    plan.warnings.emplace_back(
        "the map files name different hosts: maps of different hosts are not "
        "read at one moment");
  }
  return plan;
}

}  // namespace postmirror
