#include "sync/mariadb/key_column.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sync/mariadb/sql_text.h"

namespace postmirror {

absl::StatusOr<std::optional<KeyColumn>> ReadKeyColumn(
    Connection& connection, const TableName& table, const std::string& column) {
  std::optional<KeyColumn> found;
  // The place counts the columns that the account does not see, too.
  const absl::Status read = connection.Query(
      absl::StrCat("SELECT ORDINAL_POSITION, DATA_TYPE, CHARACTER_SET_NAME,"
                   " EXTRA LIKE '%VIRTUAL%' FROM information_schema.COLUMNS "
                   "WHERE TABLE_SCHEMA = ",
                   connection.Quote(table.database),
                   " AND TABLE_NAME = ", connection.Quote(table.table),
                   " AND COLUMN_NAME = ", connection.Quote(column)),
      [&](Connection::Row row) {
        size_t place = 0;
        if (absl::SimpleAtoi(row[0].value_or(""), &place) && place > 0) {
          found = KeyColumn{.index = place - 1,
                            .data_type = std::string(row[1].value_or("")),
                            .charset = std::string(row[2].value_or("")),
                            .is_virtual = row[3] != "0",
                            .indexed = false};
        }
        return absl::OkStatus();
      });
  if (!read.ok()) return read;
  if (!found.has_value()) return found;
  const absl::Status indexes = connection.Query(
      absl::StrCat("SHOW INDEX FROM ", QuoteTable(table),
                   " WHERE Seq_in_index = 1 AND Index_type = 'BTREE' AND"
                   " Column_name = ",
                   connection.Quote(column)),
      [&](Connection::Row) {
        found->indexed = true;
        return absl::OkStatus();
      });
  if (!indexes.ok()) return indexes;
  return found;
}

}  // namespace postmirror
