#include "sync/mariadb/sql_text.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace postmirror {
namespace {

void AppendOrder(const MirrorQuery::PrimaryKeyOrder& order,
                 const std::vector<std::string>& primary_key,
                 std::string* sql) {
  if (primary_key.empty()) return;
  const auto append_column = [&](std::string* out, const std::string& name) {
    absl::StrAppend(out, order.alias, ".", QuoteIdentifier(name));
  };
  // A line of its own: what comes before may end in a `--` comment.
  absl::StrAppend(sql, "\nORDER BY ",
                  absl::StrJoin(primary_key, ", ", append_column));
}

}  // namespace

std::string QuoteIdentifier(absl::string_view name) {
  return absl::StrCat("`", absl::StrReplaceAll(name, {{"`", "``"}}), "`");
}

std::string QuoteBytes(absl::string_view bytes) {
  return absl::StrCat("x'", absl::BytesToHexString(bytes), "'");
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
    const size_t offset = query.orders[i].offset;
    sql.append(query.sql, copied, offset - copied);
    AppendOrder(query.orders[i], primary_keys[i], &sql);
    copied = offset;
  }
  return sql.append(query.sql, copied);
}

std::string SelectOfKeys(
    const MirrorQuery& query,
    absl::Span<const std::vector<std::string>> primary_keys,
    absl::string_view literals) {
  std::string sql =
      absl::StrCat(query.key_select->head, literals, query.key_select->tail);
  for (size_t i = 0; i < primary_keys.size(); ++i) {
    AppendOrder(query.orders[i], primary_keys[i], &sql);
  }
  return sql;
}

}  // namespace postmirror
