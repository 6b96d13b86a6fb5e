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
    const MirrorQuery& query,
    absl::Span<const std::vector<std::string>> primary_keys) {
  std::string sql;
  size_t copied = 0;
  for (size_t i = 0; i < primary_keys.size(); ++i) {
    if (primary_keys[i].empty()) continue;
    const MirrorQuery::PrimaryKeyOrder& order = query.orders[i];
    const auto append_column = [&](std::string* out, const std::string& name) {
      absl::StrAppend(out, order.alias, ".", QuoteIdentifier(name));
    };
    sql.append(query.sql, copied, order.offset - copied);
    // A line of its own: what comes before may end in a `--` comment.
    absl::StrAppend(&sql, "\nORDER BY ",
                    absl::StrJoin(primary_keys[i], ", ", append_column));
    copied = order.offset;
  }
  return sql.append(query.sql, copied);
}

}  // namespace postmirror
