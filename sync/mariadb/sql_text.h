// SQL text that sync builds itself.
#ifndef POSTMIRROR_SYNC_MARIADB_SQL_TEXT_H_
#define POSTMIRROR_SYNC_MARIADB_SQL_TEXT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "schema/query/mirror_query.h"

namespace postmirror {

// `name` in backquotes, right in every sql_mode.
std::string QuoteIdentifier(absl::string_view name);

// `database`.`table`, or `table` alone where the database is empty.
std::string QuoteTable(const TableName& table);

// The mirror query with an ORDER BY on `primary_key` (ReadPrimaryKey of
// query.order->table) where the query has its rows in primary-key order; the
// query as it is where it has an order of its own or the table has no such key.
std::string SelectInPrimaryKeyOrder(
    const MirrorQuery& query, const std::vector<std::string>& primary_key);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_SQL_TEXT_H_
