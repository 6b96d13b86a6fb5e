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

// A literal of bytes, which is compared as such.
std::string QuoteBytes(absl::string_view bytes);

// `database`.`table`, or `table` alone where the database is empty.
std::string QuoteTable(const TableName& table);

// The mirror query of some keys, with the ORDER BY of the other function.
// `literals` are SQL, with commas between. REQUIRES: query.key_select.
std::string SelectOfKeys(
    const MirrorQuery& query,
    absl::Span<const std::vector<std::string>> primary_keys,
    absl::string_view literals);

// The mirror query with an ORDER BY in the place of each of query.orders:
// primary_keys[i] (ReadPrimaryKey of orders[i].table); none where the table has
// no such key. REQUIRES: as many keys as orders.
std::string SelectInPrimaryKeyOrder(
    const MirrorQuery& query,
    absl::Span<const std::vector<std::string>> primary_keys);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_SQL_TEXT_H_
