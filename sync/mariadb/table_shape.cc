#include "sync/mariadb/table_shape.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sync/mariadb/sql_text.h"

namespace postmirror {
namespace {

// No engine takes a table of more (MariaDB's MAX_FIELDS).
constexpr size_t kMaxColumns = 4096;

std::string TextOf(const std::optional<absl::string_view>& column) {
  return std::string(column.value_or(""));
}

absl::StatusOr<std::optional<TableShape>> ReadTable(Connection& connection,
                                                    const TableName& table) {
  std::optional<TableShape> shape;
  // CREATE_TIME has no fractions, and the file system's clock, from which it
  // comes, is a little late.
  const absl::Status status = connection.Query(
      absl::StrCat("SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE,"
                   " CREATE_TIME, ",
                   kIsSettled, " FROM information_schema.TABLES WHERE ",
                   InformationSchemaKey(connection, table)),
      Connection::Columns::Exactly(6), [&](Connection::Row row) {
        shape = TableShape{.name = {TextOf(row[0]), TextOf(row[1])},
                           .type = TextOf(row[2]),
                           .engine = TextOf(row[3]),
                           .created = TextOf(row[4]),
                           .settled = row[5] == "1",
                           .columns = {}};
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return shape;
}

// The place counts the columns that the account does not see, too.
absl::Status ReadColumns(Connection& connection, const TableName& table,
                         std::vector<TableColumn>* columns) {
  return connection.Query(
      absl::StrCat("SELECT ORDINAL_POSITION, COLUMN_NAME, DATA_TYPE,"
                   " CHARACTER_SET_NAME, EXTRA LIKE '%VIRTUAL%',"
                   " GENERATION_EXPRESSION, CONCAT_WS(' ', COLUMN_TYPE,"
                   " COLLATION_NAME, COLUMN_KEY, EXTRA)"
                   " FROM information_schema.COLUMNS WHERE ",
                   InformationSchemaKey(connection, table),
                   " ORDER BY ORDINAL_POSITION"),
      Connection::Columns::Exactly(7), [&](Connection::Row row) {
        size_t place = 0;
        if (!absl::SimpleAtoi(row[0].value_or(""), &place) || place == 0 ||
            place > kMaxColumns) {
          return connection.BadAnswer("an ORDINAL_POSITION that cannot be");
        }
        columns->push_back({.place = place - 1,
                            .name = TextOf(row[1]),
                            .data_type = TextOf(row[2]),
                            .charset = TextOf(row[3]),
                            .is_virtual = row[4] != "0",
                            .expression = TextOf(row[5]),
                            .further = TextOf(row[6])});
        return absl::OkStatus();
      });
}

}  // namespace

std::string InformationSchemaKey(const Connection& connection,
                                 const TableName& table) {
  return absl::StrCat("TABLE_SCHEMA = ", connection.Quote(table.database),
                      " AND TABLE_NAME = ", connection.Quote(table.table));
}

const TableColumn* TableShape::Find(absl::string_view column) const {
  const auto found = std::find_if(
      columns.begin(), columns.end(), [&](const TableColumn& candidate) {
        return absl::EqualsIgnoreCase(candidate.name, column);
      });
  return found == columns.end() ? nullptr : &*found;
}

bool TableShape::IsSameAs(const TableShape& other) const {
  return std::tie(name, type, engine, created, columns) ==
         std::tie(other.name, other.type, other.engine, other.created,
                  other.columns);
}

absl::StatusOr<std::optional<TableShape>> ReadTableShape(
    Connection& connection, const TableName& table) {
  absl::StatusOr<std::optional<TableShape>> shape =
      ReadTable(connection, table);
  if (!shape.ok() || !shape->has_value() || (*shape)->type == "VIEW") {
    return shape;
  }
  if (absl::Status read = ReadColumns(connection, table, &(*shape)->columns);
      !read.ok()) {
    return read;
  }
  return shape;
}

absl::StatusOr<std::optional<TableShape>> PinTableShape(
    Connection& connection, const TableName& table) {
  // Opening it locks its definition, even for no row.
  const absl::Status opened = connection.Execute(
      absl::StrCat("SELECT 1 FROM ", QuoteTable(table), " LIMIT 0"));
  if (!opened.ok()) return opened;
  return ReadTableShape(connection, table);
}

absl::StatusOr<bool> IsIndexed(Connection& connection, const TableName& table,
                               absl::string_view column) {
  bool indexed = false;
  const absl::Status read = connection.QueryNamed(
      absl::StrCat("SHOW INDEX FROM ", QuoteTable(table),
                   " WHERE Seq_in_index = 1 AND Index_type = 'BTREE' AND"
                   " Column_name = ",
                   connection.Quote(column)),
      {"Column_name"}, [&](Connection::Row) {
        indexed = true;
        return absl::OkStatus();
      });
  if (!read.ok()) return read;
  return indexed;
}

}  // namespace postmirror
