#include "sync/mariadb/innodb_tables.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

using Reason = std::optional<std::string>;

struct TableKind {
  std::string type;    // TABLE_TYPE of information_schema.TABLES
  std::string engine;  // empty for a view
};

std::string DisplayName(const TableName& table) {
  return absl::StrCat(table.database, ".", table.table);
}

std::string InformationSchemaKey(const Connection& connection,
                                 const TableName& table) {
  return absl::StrCat("TABLE_SCHEMA = ", connection.Quote(table.database),
                      " AND TABLE_NAME = ", connection.Quote(table.table));
}

// The selected database; empty if there is none.
absl::StatusOr<std::string> ReadDatabase(Connection& connection) {
  std::string database;
  const absl::Status status =
      connection.Query("SELECT DATABASE()", [&](Connection::Row row) {
        database = std::string(row[0].value_or(""));
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return database;
}

// nullopt where the account has no privilege at all on the table.
absl::StatusOr<std::optional<TableKind>> ReadKind(Connection& connection,
                                                  const TableName& table) {
  std::optional<TableKind> kind;
  const absl::Status status = connection.Query(
      absl::StrCat(
          "SELECT TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE ",
          InformationSchemaKey(connection, table)),
      [&](Connection::Row row) {
        kind = TableKind{std::string(row[0].value_or("")),
                         std::string(row[1].value_or(""))};
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return kind;
}

// The view's SELECT with every table in full, `database`.`table`; empty where
// the account has no SHOW VIEW privilege.
absl::StatusOr<std::string> ReadViewDefinition(Connection& connection,
                                               const TableName& view) {
  std::string definition;
  const absl::Status status = connection.Query(
      absl::StrCat(
          "SELECT VIEW_DEFINITION FROM information_schema.VIEWS WHERE ",
          InformationSchemaKey(connection, view)),
      [&](Connection::Row row) {
        definition = std::string(row[0].value_or(""));
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return definition;
}

// Puts the tables that `view` reads into `*found`, or says why they are not
// known.
absl::StatusOr<Reason> ResolveView(Connection& connection,
                                   const TableName& view,
                                   std::vector<TableName>* found) {
  const absl::StatusOr<std::string> definition =
      ReadViewDefinition(connection, view);
  if (!definition.ok()) return definition.status();
  const std::string subject =
      absl::StrCat("view ", DisplayName(view), " cannot be resolved: ");
  if (definition->empty())
    return Reason(absl::StrCat(subject, "no SHOW VIEW privilege"));
  // The server's text quotes the names of stored functions alone, and what such
  // a function reads stands nowhere.
  if (absl::StrContains(*definition, "`(")) {
    return Reason(absl::StrCat(subject, "it calls a stored function"));
  }
  // In a FROM clause, so that a view of one column parses as well.
  const absl::StatusOr<MirrorQuery> query = ParseMirrorQuery(
      absl::StrCat("SELECT 1, 2 FROM (", *definition, ") AS resolved_view"));
  if (!query.ok() || query->tables.empty()) {
    return Reason(absl::StrCat(subject, "its definition is not understood"));
  }
  found->insert(found->end(), query->tables.begin(), query->tables.end());
  return Reason();
}

// Why `table` itself is not InnoDB; what a view reads is put into `*found`.
absl::StatusOr<Reason> ExamineTable(Connection& connection,
                                    const TableName& table,
                                    std::vector<TableName>* found) {
  const absl::StatusOr<std::optional<TableKind>> kind =
      ReadKind(connection, table);
  if (!kind.ok()) return kind.status();
  const std::string name = DisplayName(table);
  if (!kind->has_value())
    return Reason(absl::StrCat("table ", name, " is not visible"));
  const std::string& type = (*kind)->type;
  const std::string& engine = (*kind)->engine;
  if (type == "VIEW") return ResolveView(connection, table, found);
  if (type != "BASE TABLE" && type != "SYSTEM VERSIONED") {
    return Reason(absl::StrCat("table ", name, " is a ", type));
  }
  if (engine.empty())
    return Reason(absl::StrCat("table ", name, " has no known engine"));
  if (engine != "InnoDB")
    return Reason(absl::StrCat("table ", name, " is ", engine));
  return Reason();
}

}  // namespace

absl::StatusOr<std::optional<std::string>> FindNonInnodbTable(
    Connection& connection, const std::vector<TableName>& tables) {
  const absl::StatusOr<std::string> database = ReadDatabase(connection);
  if (!database.ok()) return database.status();
  std::vector<TableName> pending(tables.rbegin(), tables.rend());
  std::set<TableName> seen;
  while (!pending.empty()) {
    TableName table = std::move(pending.back());
    pending.pop_back();
    if (table.database.empty()) table.database = *database;
    if (!seen.insert(table).second) continue;
    absl::StatusOr<Reason> reason = ExamineTable(connection, table, &pending);
    if (!reason.ok() || reason->has_value()) return reason;
  }
  return Reason();
}

}  // namespace postmirror
