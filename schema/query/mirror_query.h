// From the query that Postfix asks for one key to the query that reads all keys
// at once. Derived only where both are certain to give the same rows;
// everything else is refused with the reason and the cure. Pure text: no server
// is asked.
#ifndef POSTMIRROR_SCHEMA_QUERY_MIRROR_QUERY_H_
#define POSTMIRROR_SCHEMA_QUERY_MIRROR_QUERY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postmirror {

// A table as the query names it, unquoted; `database` is empty for the map's.
struct TableName {
  std::string database;
  std::string table;

  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend auto operator<=>(const TableName&, const TableName&) = default;
};

struct MirrorQuery {
  // SELECT <key>, <value>... FROM ...: the first column is the key, all others
  // are value columns.
  std::string sql;
  // How many columns there are; absent where the text alone does not tell.
  std::optional<size_t> columns;
  // The SELECTs of which a UNION is made, each by itself, as far as it can be
  // taken apart; else `sql` alone.
  std::vector<std::string> branches;
  // Every table or view that the query reads.
  std::vector<TableName> tables;
  // A place in `sql` where an ORDER BY by the primary key of one table belongs,
  // so that rows of one key come, or are counted by LIMIT, in that order: what
  // `mysql:` gives there is unspecified, and this is the order that it has
  // without an index in the way. None for joins, for a UNION without LIMIT, and
  // where the query has an ORDER BY of its own.
  struct PrimaryKeyOrder {
    TableName table;
    std::string alias;  // by which the query calls it, quoted as needed
    size_t offset = 0;  // in `sql`

    friend bool operator==(const PrimaryKeyOrder&,
                           const PrimaryKeyOrder&) = default;
  };
  std::vector<PrimaryKeyOrder> orders;  // by offset
  // The same for some keys: `head`, their SQL literals with commas between, and
  // `tail`. Only of a plain single-table query without LIMIT, in which the rows
  // of a key depend on the table's rows with that key alone. `orders` says what
  // comes behind it.
  struct KeySelect {
    std::string column;  // the key column, unquoted
    std::string head;    // "SELECT k, v FROM t WHERE k IN ("
    std::string tail;    // ")"

    friend bool operator==(const KeySelect&, const KeySelect&) = default;
  };
  std::optional<KeySelect> key_select;
  // The server compares keys with each other, by the collation of their column,
  // and leaves rows out by that: UNION, LIMIT. A store that holds more keys for
  // different than the collation does would miss some of them.
  bool compares_keys = false;

  // A function that the query calls and that may read other tables: a stored
  // one, or one not known here. Only a mirror_query line can have one.
  std::string unknown_function;

  friend bool operator==(const MirrorQuery&, const MirrorQuery&) = default;
};

// Derives the mirror query of `query` (mysql_table(5)): a SELECT, or a UNION of
// them, in each of which one conjunct `column = '%s'` of the top-level WHERE
// names the key column, the rest of WHERE stays, and the select list is the
// value. LIMIT n becomes the first n rows of each key. Fails with
// kInvalidArgument; the message says what cannot be derived and names the
// `mirror_query` line as the cure.
absl::StatusOr<MirrorQuery> DeriveMirrorQuery(absl::string_view query);

// Takes `sql` of a `mirror_query` line as it is: plain SQL in which `%` has no
// meaning. Fails with kInvalidArgument unless it is one SELECT (or a
// UNION of them) with at least two columns and without `%s` and its like in a
// string of its own.
absl::StatusOr<MirrorQuery> ParseMirrorQuery(absl::string_view sql);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_QUERY_MIRROR_QUERY_H_
