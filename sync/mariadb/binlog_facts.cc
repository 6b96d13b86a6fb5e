#include "sync/mariadb/binlog_facts.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sync/mariadb/server_facts.h"

namespace postmirror {
namespace {

// "binlog_do_db = mail", or "".
std::string Filter(absl::string_view name, absl::string_view databases) {
  return databases.empty() ? "" : absl::StrCat(name, " = ", databases);
}

// Which databases the binlog has; nullopt where the account may not know.
absl::StatusOr<std::optional<std::string>> ReadFilter(Connection& connection,
                                                      Variables& variables) {
  std::string only;
  std::string ignored;
  if (variables.contains("binlog_do_db")) {
    only = variables["binlog_do_db"];
    ignored = variables["binlog_ignore_db"];
  } else {  // an older version, which tells it nowhere else
    const absl::Status read = connection.QueryNamed(
        "SHOW MASTER STATUS", {"Binlog_Do_DB", "Binlog_Ignore_DB"},
        [&](Connection::Row row) {
          only = std::string(row[0].value_or(""));
          ignored = std::string(row[1].value_or(""));
          return absl::OkStatus();
        });
    if (absl::IsPermissionDenied(read)) return std::nullopt;
    if (!read.ok()) return read;
  }
  return only.empty() ? Filter("binlog_ignore_db", ignored)
                      : Filter("binlog_do_db", only);
}

}  // namespace

absl::StatusOr<BinlogSettings> ReadBinlogSettings(Connection& connection) {
  absl::StatusOr<Variables> variables = ReadVariables(
      connection,
      "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin',"
      " 'binlog_format', 'binlog_row_image', 'log_slave_updates', 'wsrep_on',"
      " 'binlog_do_db', 'binlog_ignore_db')");
  if (!variables.ok()) return variables.status();
  BinlogSettings settings;
  settings.on = (*variables)["log_bin"] == "ON";
  settings.format = (*variables)["binlog_format"];
  settings.row_image = (*variables)["binlog_row_image"];
  if (!settings.on) return settings;
  settings.logs_replicated = (*variables)["log_slave_updates"] == "ON";
  if (!settings.logs_replicated) {
    const absl::StatusOr<bool> replicates = Replicates(connection);
    if (!replicates.ok()) return replicates.status();
    // A node of a Galera cluster is no replica, but gets the writes of others.
    settings.lacks_replicated = *replicates || (*variables)["wsrep_on"] == "ON";
  }
  const absl::StatusOr<std::optional<std::string>> filter =
      ReadFilter(connection, *variables);
  if (!filter.ok()) return filter.status();
  settings.filter_hidden = !filter->has_value();
  settings.filter = filter->value_or("");
  return settings;
}

absl::StatusOr<std::optional<BinlogPosition>> ReadBinlogPosition(
    Connection& connection) {
  absl::StatusOr<Variables> status =
      ReadVariables(connection, "SHOW STATUS LIKE 'binlog_snapshot_%'");
  if (!status.ok()) return status.status();
  BinlogPosition position = {(*status)["Binlog_snapshot_file"], 0};
  if (position.file.empty() ||
      !absl::SimpleAtoi((*status)["Binlog_snapshot_position"],
                        &position.offset)) {
    return std::nullopt;
  }
  return position;
}

absl::StatusOr<bool> Replicates(Connection& connection) {
  absl::StatusOr<Variables> running =
      ReadVariables(connection, "SHOW GLOBAL STATUS LIKE 'Slaves_running'");
  if (!running.ok()) return running.status();
  const std::string count = (*running)["Slaves_running"];
  return !count.empty() && count != "0";
}

absl::StatusOr<std::optional<ReplicaState>> ReadReplicaState(
    Connection& connection) {
  std::optional<ReplicaState> state;
  const absl::Status read = connection.QueryNamed(
      "SHOW ALL SLAVES STATUS",
      {"Slave_IO_Running", "Slave_SQL_Running", "Seconds_Behind_Master"},
      [&](Connection::Row master) {
        if (!state.has_value()) state.emplace();
        state->running =
            state->running && master[0] != "No" && master[1] != "No";
        int64_t seconds = 0;
        if (absl::SimpleAtoi(master[2].value_or(""), &seconds)) {
          state->behind = std::max(state->behind, absl::Seconds(seconds));
        } else {
          state->knows_behind = false;
        }
        return absl::OkStatus();
      });
  if (!read.ok()) return read;
  return state;
}

}  // namespace postmirror
