// SQL text that sync builds itself.
#ifndef POSTMIRROR_SYNC_MARIADB_SQL_TEXT_H_
#define POSTMIRROR_SYNC_MARIADB_SQL_TEXT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "schema/query/mirror_query.h"

namespace postmirror {

// `name` in backquotes, right in every sql_mode.
std::string QuoteIdentifier(absl::string_view name);

// `database`.`table`, or `table` alone where the database is empty.
std::string QuoteTable(const TableName& table);

// The mirror query with an ORDER BY in the place of each of query.orders:
// primary_keys[i] (ReadPrimaryKey of orders[i].table); none where the table has
// no such key. REQUIRES: as many keys as orders.
std::string SelectInPrimaryKeyOrder(
    const MirrorQuery& query,
    absl::Span<const std::vector<std::string>> primary_keys);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_SQL_TEXT_H_
