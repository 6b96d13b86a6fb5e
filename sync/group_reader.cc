#include "sync/group_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sync/key_collation.h"
#include "sync/map_survey.h"
#include "sync/mariadb/server_facts.h"

namespace postmirror {
namespace {

absl::StatusOr<TableSurvey> Survey(const MirroredMap& map,
                                   Connection& connection) {
  absl::StatusOr<TableSurvey> survey = SurveyMap(map, connection);
  if (!survey.ok() || survey->blind_spot.empty()) return survey;
  // A table that was away just then is no blind spot, but an error of the map
  // or none: all maps would be followed by interval for it.
  if (const auto name = ReadKeyCollationName(map, connection); !name.ok()) {
    return name.status();
  }
  return SurveyMap(map, connection);
}

absl::StatusOr<PreparedMap> PrepareMap(const MirroredMap& map,
                                       CollationTables* collations,
                                       Connection& connection) {
  if (absl::Status used = connection.Use(map.dbname); !used.ok()) return used;
  PreparedMap prepared;
  // First: what is altered while the rest is asked is another shape later.
  absl::StatusOr<TableSurvey> survey = Survey(map, connection);
  if (!survey.ok()) return survey.status();
  prepared.survey = *std::move(survey);
  for (const MirrorQuery::PrimaryKeyOrder& order : map.query.orders) {
    absl::StatusOr<std::vector<std::string>> columns =
        ReadPrimaryKey(connection, order.table);
    if (!columns.ok()) return columns.status();
    prepared.primary_keys.push_back(*std::move(columns));
  }
  absl::StatusOr<std::string> name = ReadKeyCollationName(map, connection);
  if (!name.ok()) return name.status();
  prepared.collation_name = *std::move(name);
  absl::StatusOr<CollationTables::Collation> collation =
      FindKeyCollation(map, prepared.collation_name, connection, collations);
  if (!collation.ok()) return collation.status();
  prepared.collation = *std::move(collation);
  return prepared;
}

absl::Status PrepareReader(CollationTables* collations, GroupReader* reader) {
  reader->maps.clear();
  for (const MirroredMap& map : reader->group->maps) {
    absl::StatusOr<PreparedMap> prepared =
        PrepareMap(map, collations, *reader->connection);
    if (prepared.ok()) {
      reader->maps.push_back(*std::move(prepared));
      continue;
    }
    if (!IsOfTheMap(prepared.status())) {
      return absl::Status(
          prepared.status().code(),
          absl::StrCat("map ", map.name, ": ", prepared.status().message()));
    }
    reader->maps.emplace_back().fault = prepared.status();
  }
  return absl::OkStatus();
}

absl::Status CheckOneServer(absl::Span<GroupReader> readers) {
  if (readers.size() < 2) return absl::OkStatus();
  std::string first;
  for (GroupReader& reader : readers) {
    absl::StatusOr<std::string> identity =
        ReadServerIdentity(*reader.connection);
    if (!identity.ok()) return identity.status();
    if (first.empty()) first = *identity;
    if (first != *identity) {
      return absl::UnavailableError(
          absl::StrCat("server ", reader.connection->server(),
                       ": two connections reached different servers"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Connection>> LogOnAs(
    const Group& group, const ServerAddress& address,
    absl::Duration connect_timeout, absl::Duration read_timeout) {
  // Without a database: one that is missing is a fault of its maps alone.
  absl::StatusOr<std::unique_ptr<Connection>> connection =
      Connection::Open(address, {.log_on = group.log_on,
                                 .dbname = "",
                                 .connect_timeout = connect_timeout,
                                 .read_timeout = read_timeout,
                                 .owners = group.owners,
                                 .watch = group.watch});
  if (!connection.ok()) return connection;
  // A password that has expired lets SET pass, and nothing else.
  if (absl::Status asked = (*connection)->Execute("SELECT 1"); !asked.ok()) {
    return asked;
  }
  return connection;
}

}  // namespace

absl::Status ConnectRefused(const ServerAddress& address,
                            absl::Duration connect_timeout,
                            absl::Duration read_timeout,
                            std::vector<RefusedGroup>* refused,
                            std::vector<GroupReader>* readers) {
  std::vector<RefusedGroup> still_refused;
  for (RefusedGroup& group : *refused) {
    absl::StatusOr<std::unique_ptr<Connection>> connection =
        LogOnAs(*group.group, address, connect_timeout, read_timeout);
    if (connection.ok()) {
      std::vector<PreparedMap> maps(group.group->maps.size());
      for (PreparedMap& map : maps) map.fault = group.status;
      readers->push_back({.group = group.group,
                          .connection = *std::move(connection),
                          .maps = std::move(maps),
                          .first_map = group.first_map});
    } else if (IsOfTheAccount(connection.status())) {
      group.status = connection.status();
      still_refused.push_back(std::move(group));
    } else {
      return connection.status();
    }
  }
  *refused = std::move(still_refused);
  return absl::OkStatus();
}

absl::StatusOr<ServerReaders> ConnectReaders(const ServerPlan& plan,
                                             const ServerAddress& address,
                                             absl::Duration connect_timeout,
                                             absl::Duration read_timeout) {
  ServerReaders connected;
  size_t first_map = 0;
  for (const Group& group : plan.groups) {
    connected.refused.push_back(
        {.group = &group, .first_map = first_map, .status = {}});
    first_map += group.maps.size();
  }
  if (absl::Status tried =
          ConnectRefused(address, connect_timeout, read_timeout,
                         &connected.refused, &connected.readers);
      !tried.ok()) {
    return tried;
  }
  if (!connected.readers.empty()) return connected;
  return absl::Status(
      connected.refused.front().status.code(),
      absl::StrJoin(connected.refused, "; ",
                    [](std::string* out, const RefusedGroup& group) {
                      absl::StrAppend(out, group.status.message());
                    }));
}

absl::Status PrepareReaders(absl::Span<GroupReader> readers,
                            CollationTables* collations) {
  for (GroupReader& reader : readers) {
    if (absl::Status prepared = PrepareReader(collations, &reader);
        !prepared.ok()) {
      return prepared;
    }
  }
  return CheckOneServer(readers);
}

std::vector<TableSurvey> SurveysOf(absl::Span<const GroupReader> readers) {
  std::vector<TableSurvey> surveys;
  for (const GroupReader& reader : readers) {
    std::transform(reader.maps.begin(), reader.maps.end(),
                   std::back_inserter(surveys),
                   [](const PreparedMap& map) { return map.survey; });
  }
  return surveys;
}

absl::StatusOr<Comparison> CompareWithSurveys(
    absl::Span<const GroupReader> readers) {
  Comparison all = Comparison::kSame;
  for (const GroupReader& reader : readers) {
    std::vector<const TableSurvey*> surveys;
    surveys.reserve(reader.maps.size());
    for (const PreparedMap& map : reader.maps) {
      if (map.fault.ok()) surveys.push_back(&map.survey);
    }
    absl::StatusOr<Comparison> compared =
        CompareWithSurveys(*reader.connection, surveys);
    if (IsOfTheMap(compared.status())) return Comparison::kDifferent;
    if (!compared.ok() || *compared == Comparison::kLocked) return compared;
    if (*compared == Comparison::kDifferent) all = *compared;
  }
  return all;
}

bool HasViews(absl::Span<const GroupReader> readers) {
  return std::any_of(
      readers.begin(), readers.end(), [](const GroupReader& reader) {
        return std::any_of(
            reader.maps.begin(), reader.maps.end(),
            [](const PreparedMap& map) { return !map.survey.views.empty(); });
      });
}

void NoteStoredCollations(absl::Span<GroupReader> readers,
                          const FindStoredCollations& find) {
  std::map<std::string, std::string> digests;
  std::vector<std::pair<std::string, PreparedMap*>> prepared;
  for (GroupReader& reader : readers) {
    for (size_t i = 0; i < reader.maps.size(); ++i) {
      PreparedMap& map = reader.maps[i];
      if (!map.fault.ok()) continue;
      const std::string& name = reader.group->maps[i].name;
      digests[name] = map.collation->digest;
      prepared.emplace_back(name, &map);
    }
  }
  const std::map<std::string, CollationTables::Collation> others =
      find(digests);
  for (const auto& [name, map] : prepared) {
    const auto other = others.find(name);
    map->stored_collation = other == others.end() ? nullptr : other->second;
  }
}

bool IsMended(const GroupReader& reader, size_t index,
              CollationTables* collations) {
  reader.connection->ForgetDatabase();
  return PrepareMap(reader.group->maps[index], collations, *reader.connection)
      .ok();
}

bool IsMendedByLogOn(const ServerAddress& address, const GroupReader& reader,
                     absl::Duration connect_timeout,
                     absl::Duration read_timeout, CollationTables* collations) {
  std::unique_ptr<Connection> connection;
  for (size_t i = 0; i < reader.maps.size(); ++i) {
    const absl::Status& fault = reader.maps[i].fault;
    if (!absl::IsPermissionDenied(fault) && !absl::IsUnauthenticated(fault)) {
      continue;
    }
    if (connection == nullptr) {
      absl::StatusOr<std::unique_ptr<Connection>> opened =
          LogOnAs(*reader.group, address, connect_timeout, read_timeout);
      if (!opened.ok()) return false;
      connection = *std::move(opened);
    }
    if (PrepareMap(reader.group->maps[i], collations, *connection).ok()) {
      return true;
    }
  }
  return false;
}

std::vector<MapFault> FindFaults(absl::Span<const GroupReader> readers,
                                 absl::Span<const RefusedGroup> refused) {
  std::vector<MapFault> faults;
  for (const GroupReader& reader : readers) {
    for (size_t i = 0; i < reader.maps.size(); ++i) {
      if (reader.maps[i].fault.ok()) continue;
      faults.push_back({reader.group->maps[i].name, reader.maps[i].fault});
    }
  }
  for (const RefusedGroup& group : refused) {
    for (const MirroredMap& map : group.group->maps) {
      faults.push_back({map.name, group.status});
    }
  }
  return faults;
}

}  // namespace postmirror
