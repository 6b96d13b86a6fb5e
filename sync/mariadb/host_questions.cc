#include "sync/mariadb/host_questions.h"

#include <algorithm>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sync/mariadb/server_facts.h"
#include "sync/mariadb/table_shape.h"

namespace postmirror {
namespace {

// The one text that a SELECT gives; empty for NULL.
absl::StatusOr<std::string> SelectText(Connection& connection,
                                       absl::string_view sql) {
  std::string text;
  const absl::Status status =
      connection.QueryRow(sql, 1, [&](Connection::Row row) {
        text = std::string(row[0].value_or(""));
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return text;
}

constexpr char kIdentity[] =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uid', 'server_id',"
    " 'gtid_binlog_state', 'gtid_binlog_pos', 'gtid_slave_pos')";

HostFacts Identity(Variables& variables) {
  HostFacts facts;
  facts.traits.server_uid = variables["server_uid"];
  if (!absl::SimpleAtoi(variables["server_id"], &facts.server_id)) {
    facts.server_id = 0;
  }
  return facts;
}

GtidPositions Gtids(const std::string& text) {
  return ParseGtids(text).value_or(GtidPositions());
}

// The number of each domain in a position, which has one GTID a domain.
std::map<uint32_t, uint64_t> NumbersByDomain(const GtidPositions& position) {
  std::map<uint32_t, uint64_t> numbers;
  for (const auto& [writer, number] : position) {
    numbers[writer.domain] = number;
  }
  return numbers;
}

// Of `state`, what a snapshot shows whose place in the binlog is `shown`, where
// the binlog's end is `end`. In a domain numbers ascend, whoever writes.
GtidPositions Shown(GtidPositions state, const GtidPositions& end,
                    const GtidPositions& shown) {
  const std::map<uint32_t, uint64_t> to = NumbersByDomain(shown);
  const auto is_shown = [&to](const auto& last) {
    const auto number = to.find(last.first.domain);
    return number != to.end() && number->second >= last.second;
  };
  if (std::all_of(end.begin(), end.end(), is_shown)) return state;
  for (auto& [writer, number] : state) {
    const auto last = to.find(writer.domain);
    number = last == to.end() ? 0 : std::min(number, last->second);
  }
  std::erase_if(state, [](const auto& gtid) { return gtid.second == 0; });
  return state;
}

constexpr char kPositions[] =
    "SHOW STATUS WHERE Variable_name IN ('Innodb_lsn_current',"
    " 'Innodb_lsn_flushed', 'Binlog_snapshot_file', 'Binlog_snapshot_position',"
    " 'wsrep_cluster_state_uuid', 'wsrep_local_state_uuid',"
    " 'wsrep_last_committed')";

std::optional<uint64_t> NumberOf(const std::string& text) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return std::nullopt;
  return number;
}

void TakeCluster(Variables& status, HostTraits* traits) {
  const std::string& uuid = status["wsrep_cluster_state_uuid"];
  // Zeros are nobody's; and a node that has other data than its cluster gets
  // them from there first.
  const bool is_one = uuid.find_first_not_of("0-") != std::string::npos;
  const bool has_it = status["wsrep_local_state_uuid"] == uuid;
  uint64_t committed = 0;
  if (is_one && has_it &&
      absl::SimpleAtoi(status["wsrep_last_committed"], &committed)) {
    traits->cluster = uuid;
    traits->cluster_committed = committed;
  } else {
    traits->cluster.clear();
    traits->cluster_committed = 0;
  }
}

}  // namespace

absl::StatusOr<HostFacts> ReadHostIdentity(Connection& connection) {
  absl::StatusOr<Variables> variables = ReadVariables(connection, kIdentity);
  if (!variables.ok()) return variables.status();
  return Identity(*variables);
}

absl::Status ReadHighestPositions(Connection& connection, HostTraits* traits) {
  absl::StatusOr<Variables> status = ReadVariables(connection, kPositions);
  if (!status.ok()) return status.status();
  traits->lsn = NumberOf((*status)["Innodb_lsn_current"]);
  traits->lsn_flushed = NumberOf((*status)["Innodb_lsn_flushed"]);
  BinlogPosition binlog = {(*status)["Binlog_snapshot_file"], 0};
  traits->binlog.reset();
  if (!binlog.file.empty() &&
      absl::SimpleAtoi((*status)["Binlog_snapshot_position"], &binlog.offset)) {
    traits->binlog = std::move(binlog);
  }
  TakeCluster(*status, traits);
  return absl::OkStatus();
}

absl::Status ReadHighestGtids(Connection& connection, HostFacts* facts) {
  return connection.QueryRow(
      "SELECT @@global.gtid_binlog_state, @@global.gtid_slave_pos", 2,
      [&](Connection::Row row) {
        facts->gtids = Gtids(std::string(row[0].value_or("")));
        facts->replicated = Gtids(std::string(row[1].value_or("")));
        RaiseGtids(facts->replicated, &facts->gtids);
        facts->written = facts->gtids;
        return absl::OkStatus();
      });
}

absl::StatusOr<bool> LeadToOneServer(Connection& one, Connection& other) {
  std::random_device random;
  const std::string lock =
      one.Quote(absl::StrCat("postmirror ", absl::Hex(random()),
                             absl::Hex(random()), absl::Hex(random())));
  const absl::StatusOr<std::string> taken =
      SelectText(one, absl::StrCat("SELECT GET_LOCK(", lock, ", 0)"));
  if (!taken.ok()) return taken.status();
  const absl::StatusOr<std::string> holder =
      SelectText(other, absl::StrCat("SELECT IS_USED_LOCK(", lock, ")"));
  const absl::StatusOr<std::string> released =
      SelectText(one, absl::StrCat("SELECT RELEASE_LOCK(", lock, ")"));
  if (!released.ok()) return released.status();
  if (!holder.ok()) return holder.status();
  return *taken == "1" && !holder->empty();
}

// A condition on several names at once would make the server list their whole
// databases.
absl::Status ReadCreateTimes(Connection& connection,
                             std::map<TableName, std::string>* created) {
  if (created->empty()) return absl::OkStatus();
  std::vector<std::string> selects;
  std::vector<TableName> tables;
  selects.reserve(created->size());
  tables.reserve(created->size());
  for (const auto& [table, time] : *created) {
    // As seconds, so that another time zone of the session makes no other time.
    selects.push_back(absl::StrCat(
        "SELECT ", tables.size(),
        ", UNIX_TIMESTAMP(CREATE_TIME) FROM information_schema.TABLES WHERE ",
        InformationSchemaKey(connection, table)));
    tables.push_back(table);
  }
  created->clear();
  return connection.Query(
      absl::StrJoin(selects, " UNION ALL "), Connection::Columns::Exactly(2),
      [&](Connection::Row row) {
        size_t number = 0;
        if (!absl::SimpleAtoi(row[0].value_or(""), &number) ||
            number >= tables.size()) {
          return connection.BadAnswer("a table that was not asked for");
        }
        created->emplace(tables[number], row[1].value_or(""));
        return absl::OkStatus();
      });
}

absl::StatusOr<HostFacts> ReadHostFacts(
    Connection& connection, const std::map<TableName, std::string>& tables) {
  absl::StatusOr<Variables> variables = ReadVariables(connection, kIdentity);
  if (!variables.ok()) return variables.status();
  HostFacts facts = Identity(*variables);
  facts.replicated = Gtids((*variables)["gtid_slave_pos"]);
  GtidPositions state = Gtids((*variables)["gtid_binlog_state"]);
  facts.written = facts.replicated;
  RaiseGtids(state, &facts.written);

  absl::Status status = connection.Execute(
      "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  if (!status.ok()) return status;
  const absl::Cleanup end = [&] {
    connection.Execute("ROLLBACK").IgnoreError();
  };
  status = ReadHighestPositions(connection, &facts.traits);
  if (!status.ok()) return status;
  if (facts.traits.binlog.has_value() && !state.empty()) {
    const absl::StatusOr<std::string> shown = SelectText(
        connection, absl::StrCat("SELECT BINLOG_GTID_POS(",
                                 connection.Quote(facts.traits.binlog->file),
                                 ", ", facts.traits.binlog->offset, ")"));
    if (!shown.ok()) return shown.status();
    state = Shown(std::move(state), Gtids((*variables)["gtid_binlog_pos"]),
                  Gtids(*shown));
  }
  facts.gtids = facts.replicated;
  RaiseGtids(state, &facts.gtids);
  facts.traits.created = tables;
  status = ReadCreateTimes(connection, &facts.traits.created);
  if (!status.ok()) return status;
  return facts;
}

}  // namespace postmirror
