#include "sync/mariadb/table_survey.h"

#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "schema/query/sql_function.h"
#include "schema/query/sql_token.h"

namespace postmirror {
namespace {

using Reason = std::optional<std::string>;

// Storage engines beside InnoDB whose rows change by statements of this server
// alone, so that its binlog has every change.
constexpr absl::string_view kLocalEngines[] = {"MyISAM", "Aria"};

std::string DisplayName(const TableName& table) {
  return absl::StrCat(table.database, ".", table.table);
}

// The selected database; empty if there is none.
absl::StatusOr<std::string> ReadDatabase(Connection& connection) {
  std::string database;
  const absl::Status status =
      connection.QueryRow("SELECT DATABASE()", 1, [&](Connection::Row row) {
        database = std::string(row[0].value_or(""));
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return database;
}

// All that gives a view its meaning.
constexpr absl::string_view kViewDefinition =
    "CONCAT_WS(' ', DEFINER, SECURITY_TYPE, CHARACTER_SET_CLIENT,"
    " COLLATION_CONNECTION, VIEW_DEFINITION)";

struct View {
  // The SELECT with every table in full, `database`.`table`; empty where the
  // account has no SHOW VIEW privilege.
  std::string select;
  std::string definition;  // kViewDefinition
};

absl::StatusOr<View> ReadView(Connection& connection, const TableName& view) {
  View found;
  const absl::Status status = connection.Query(
      absl::StrCat("SELECT VIEW_DEFINITION, ", kViewDefinition,
                   " FROM information_schema.VIEWS WHERE ",
                   InformationSchemaKey(connection, view)),
      Connection::Columns::Exactly(2), [&](Connection::Row row) {
        found = {std::string(row[0].value_or("")),
                 std::string(row[1].value_or(""))};
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return found;
}

// Puts the tables that a view reads into `*found`, or says why they are not
// known.
Reason ResolveView(absl::string_view name, const std::string& select,
                   std::vector<TableName>* found) {
  const std::string subject =
      absl::StrCat("view ", name, " cannot be resolved: ");
  if (select.empty())
    return absl::StrCat(subject, "no SHOW VIEW privilege on it");
  // The server's text quotes the names of stored functions alone, and what such
  // a function reads stands nowhere.
  if (absl::StrContains(select, "`(")) {
    return absl::StrCat(subject, "it calls a stored function");
  }
  // In a FROM clause, so that a view of one column parses as well.
  const absl::StatusOr<MirrorQuery> query = ParseMirrorQuery(
      absl::StrCat("SELECT 1, 2 FROM (", select, ") AS resolved_view"));
  if (!query.ok()) {
    absl::string_view why = query.status().message();
    absl::ConsumePrefix(&why, "mirror_query cannot be mirrored: ");
    return absl::StrCat(subject, why);
  }
  if (query->tables.empty()) return absl::StrCat(subject, "it has no table");
  found->insert(found->end(), query->tables.begin(), query->tables.end());
  return Reason();
}

// Why a column that is computed when it is read may have another value though
// nothing was written.
Reason ExamineVirtualColumns(const TableShape& table) {
  Reason reason;
  for (const TableColumn& column : table.columns) {
    if (!column.is_virtual) continue;
    const absl::StatusOr<std::vector<SqlToken>> tokens =
        TokenizeSql(column.expression);
    const std::string why = tokens.ok()
                                ? ReasonAgainstMirroring(*tokens)
                                : std::string(tokens.status().message());
    if (!why.empty()) {
      reason = absl::StrCat("column ", column.name, " of table ",
                            DisplayName(table.name), ": ", why);
    }
  }
  return reason;
}

// Why a change of `table` itself may escape every signal; what a view reads is
// put into `*found`, all else that was learned into `*survey`.
absl::StatusOr<Reason> ExamineTable(Connection& connection,
                                    const TableName& table,
                                    std::vector<TableName>* found,
                                    TableSurvey* survey) {
  absl::StatusOr<std::optional<TableShape>> shape =
      ReadTableShape(connection, table);
  if (!shape.ok()) return shape.status();
  const std::string name = DisplayName(table);
  if (!shape->has_value())
    return Reason(absl::StrCat("table ", name, " is not visible"));
  const std::string& type = (*shape)->type;
  const std::string& engine = (*shape)->engine;
  if (type == "VIEW") {
    absl::StatusOr<View> view = ReadView(connection, table);
    if (!view.ok()) return view.status();
    survey->views[table] = std::move(view->definition);
    return ResolveView(name, view->select, found);
  }
  if (type != "BASE TABLE" && type != "SYSTEM VERSIONED") {
    return Reason(absl::StrCat("table ", name, " is a ", type));
  }
  if (engine.empty())
    return Reason(absl::StrCat("table ", name, " has no known engine"));
  if (engine != "InnoDB") {
    const std::string why = absl::StrCat("table ", name, " is ", engine);
    if (!absl::c_linear_search(kLocalEngines, engine)) return Reason(why);
    if (survey->not_innodb.empty()) survey->not_innodb = why;
  }
  Reason changing = ExamineVirtualColumns(**shape);
  const TableName key = (*shape)->name;
  survey->tables.insert_or_assign(key, **std::move(shape));
  return changing;
}

// What is known of each table, or view, in one text.
using Descriptions = std::map<TableName, std::string>;

// Of what was surveyed, and in SQL of a row of information_schema.TABLES. A
// table that was not settled differs as soon as it is: another one with the
// same CREATE_TIME may have taken its place meanwhile. Where there is no
// CREATE_TIME, as of a view, it is not settled.
std::string Describe(const TableShape& table) {
  return absl::StrCat(table.type, " ", table.settled ? "1" : "0", " ",
                      table.engine, table.created.empty() ? "" : " ",
                      table.created);
}

// TableDescription of a view.
constexpr char kViewDescription[] = "VIEW 0";

std::string TableDescription() {
  return absl::StrCat("CONCAT_WS(' ', TABLE_TYPE, COALESCE(", kIsSettled,
                      ", 0), ENGINE, CREATE_TIME)");
}

// Puts what a survey knows in; false where another one knew something else.
bool Gather(const TableSurvey& survey, Descriptions* tables,
            Descriptions* views) {
  bool agrees = true;
  const auto put = [&](const TableName& name, const std::string& description,
                       Descriptions* into) {
    const auto [place, is_new] = into->emplace(name, description);
    agrees = agrees && place->second == description;
  };
  for (const auto& [name, table] : survey.tables) {
    put(name, Describe(table), tables);
  }
  for (const auto& [name, definition] : survey.views) {
    put(name, kViewDescription, tables);
    put(name, definition, views);
  }
  return agrees;
}

// TableDescription of a table with neither engine nor age: information_schema
// has no more of one that somebody has locked for himself.
bool IsLocked(absl::string_view description) {
  return description != kViewDescription && absl::EndsWith(description, " 0");
}

// Compares the row of each of `expected` in information_schema's table `from`
// by `description`, which is SQL. A condition on several names at once would
// make the server list their whole database.
absl::StatusOr<Comparison> CompareDescriptions(Connection& connection,
                                               absl::string_view description,
                                               absl::string_view from,
                                               const Descriptions& expected) {
  std::vector<std::string> selects;
  std::vector<const std::string*> wanted;
  selects.reserve(expected.size());
  wanted.reserve(expected.size());
  for (const auto& [name, text] : expected) {
    selects.push_back(absl::StrCat("SELECT ", selects.size(), ", ", description,
                                   " FROM information_schema.", from, " WHERE ",
                                   InformationSchemaKey(connection, name)));
    wanted.push_back(&text);
  }
  size_t same = 0;
  size_t locked = 0;
  const absl::Status asked = connection.Query(
      absl::StrCat("/*M! SET STATEMENT lock_wait_timeout = 0 FOR */ ",
                   absl::StrJoin(selects, " UNION ALL ")),
      Connection::Columns::Exactly(2), [&](Connection::Row row) {
        size_t number = 0;
        if (!absl::SimpleAtoi(row[0].value_or(""), &number) ||
            number >= wanted.size()) {
          return absl::OkStatus();
        }
        if (row[1] == *wanted[number]) {
          ++same;
        } else if (IsLocked(row[1].value_or(""))) {
          ++locked;
        }
        return absl::OkStatus();
      });
  if (!asked.ok()) return asked;
  if (locked > 0) return Comparison::kLocked;
  return same == expected.size() ? Comparison::kSame : Comparison::kDifferent;
}

}  // namespace

bool TableSurvey::IsSameAs(const TableSurvey& other) const {
  return std::tie(blind_spot, not_innodb, views) ==
             std::tie(other.blind_spot, other.not_innodb, other.views) &&
         absl::c_equal(tables, other.tables,
                       [](const auto& one, const auto& another) {
                         return one.second.IsSameAs(another.second);
                       });
}

absl::StatusOr<TableSurvey> SurveyTables(Connection& connection,
                                         const std::vector<TableName>& tables) {
  const absl::StatusOr<std::string> database = ReadDatabase(connection);
  if (!database.ok()) return database.status();
  TableSurvey survey;
  std::vector<TableName> pending(tables.rbegin(), tables.rend());
  std::set<TableName> seen;
  while (!pending.empty()) {
    TableName table = std::move(pending.back());
    pending.pop_back();
    if (table.database.empty()) table.database = *database;
    if (!seen.insert(table).second) continue;
    absl::StatusOr<Reason> reason =
        ExamineTable(connection, table, &pending, &survey);
    if (!reason.ok()) return reason.status();
    if (!reason->has_value()) continue;
    survey.blind_spot = **std::move(reason);
    break;
  }
  return survey;
}

absl::StatusOr<Comparison> CompareWithSurveys(
    Connection& connection, absl::Span<const TableSurvey* const> surveys) {
  Descriptions tables;
  Descriptions views;
  for (const TableSurvey* survey : surveys) {
    if (!Gather(*survey, &tables, &views)) return Comparison::kDifferent;
  }
  if (tables.empty()) return Comparison::kSame;
  absl::StatusOr<Comparison> compared =
      CompareDescriptions(connection, TableDescription(), "TABLES", tables);
  if (!compared.ok() || *compared != Comparison::kSame || views.empty()) {
    return compared;
  }
  return CompareDescriptions(connection, kViewDefinition, "VIEWS", views);
}

}  // namespace postmirror
