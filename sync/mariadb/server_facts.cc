#include "sync/mariadb/server_facts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sync/mariadb/sql_text.h"

namespace postmirror {
namespace {

// The server's text for an absent column is as good as none here.
std::string TextOf(const std::optional<absl::string_view>& column) {
  return std::string(column.value_or(""));
}

}  // namespace

absl::StatusOr<Variables> ReadVariables(Connection& connection,
                                        absl::string_view sql) {
  Variables variables;
  const absl::Status status = connection.Query(
      sql, Connection::Columns::Exactly(2), [&](Connection::Row row) {
        variables.emplace(row[0].value_or(""), row[1].value_or(""));
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return variables;
}

absl::StatusOr<uint64_t> ReadLsn(Connection& connection) {
  std::optional<uint64_t> lsn;
  const absl::Status status = connection.Query(
      "SHOW GLOBAL STATUS LIKE 'Innodb_lsn_current'",
      Connection::Columns::Exactly(2), [&](Connection::Row row) {
        uint64_t value = 0;
        if (absl::SimpleAtoi(row[1].value_or(""), &value)) lsn = value;
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  if (!lsn.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "server ", connection.server(), ": it has no Innodb_lsn_current"));
  }
  return *lsn;
}

absl::StatusOr<std::string> ReadServerIdentity(Connection& connection) {
  // SHOW lists those that the version knows; @@name would fail on the others.
  std::vector<std::string> variables;
  const absl::Status status = connection.Query(
      "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('hostname', 'server_id',"
      " 'server_uid', 'port', 'socket', 'datadir')",
      Connection::Columns::Exactly(2), [&](Connection::Row row) {
        variables.push_back(absl::StrCat(TextOf(row[0]), "=", TextOf(row[1])));
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  std::sort(variables.begin(), variables.end());
  std::string identity;
  for (const std::string& variable : variables) {
    absl::StrAppend(&identity, identity.empty() ? "" : " ", variable);
  }
  return identity;
}

absl::StatusOr<std::vector<std::string>> ReadPrimaryKey(
    Connection& connection, const TableName& table) {
  std::vector<std::pair<int, std::string>> columns;
  const absl::Status status = connection.QueryNamed(
      absl::StrCat("SHOW INDEX FROM ", QuoteTable(table),
                   " WHERE Key_name = 'PRIMARY'"),
      {"Seq_in_index", "Column_name"}, [&](Connection::Row row) {
        int sequence = 0;
        if (!absl::SimpleAtoi(row[0].value_or(""), &sequence)) {
          return connection.BadAnswer("an index without a Seq_in_index");
        }
        columns.emplace_back(sequence, TextOf(row[1]));
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  std::sort(columns.begin(), columns.end());
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (auto& [sequence, name] : columns) names.push_back(std::move(name));
  return names;
}

}  // namespace postmirror
