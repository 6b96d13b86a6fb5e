#include "sync/mariadb/sql_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace postmirror {

std::string QuoteIdentifier(absl::string_view name) {
  return absl::StrCat("`", absl::StrReplaceAll(name, {{"`", "``"}}), "`");
}

std::string QuoteTable(const TableName& table) {
  if (table.database.empty()) return QuoteIdentifier(table.table);
  return absl::StrCat(QuoteIdentifier(table.database), ".",
                      QuoteIdentifier(table.table));
}

std::string SelectInPrimaryKeyOrder(
    const MirrorQuery& query, const std::vector<std::string>& primary_key) {
  if (!query.order.has_value() || primary_key.empty()) return query.sql;
  const auto append_column = [&](std::string* out, const std::string& column) {
    absl::StrAppend(out, query.order->alias, ".", QuoteIdentifier(column));
  };
  // A line of its own: the query may end in a `--` comment.
  return absl::StrCat(query.sql, "\nORDER BY ",
                      absl::StrJoin(primary_key, ", ", append_column));
}

}  // namespace postmirror
