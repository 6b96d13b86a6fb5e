// One SELECT for one key, understood so far that the SELECT for all keys can be
// made of its parts.
#ifndef POSTMIRROR_SCHEMA_QUERY_KEYED_SELECT_H_
#define POSTMIRROR_SCHEMA_QUERY_KEYED_SELECT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "schema/query/from_clause.h"
#include "schema/query/query_template.h"
#include "schema/query/select_clauses.h"
#include "schema/query/sql_token.h"
#include "schema/query/where_clause.h"

namespace postmirror {

// Views into the text of the template.
struct KeyedSelect {
  SelectClauses clauses;
  WhereClause where;  // names the key column
  std::vector<TableReference> references;
};

// Takes `select`, tokens of query.sql, apart. Fails with kInvalidArgument on
// everything with which the rows of one key, taken out of the rows of all keys,
// are not for sure the rows that `select` has for that key. `query` must
// outlive the result. REQUIRES: select[0] is SELECT; every specifier is "s" or
// "S".
absl::StatusOr<KeyedSelect> ParseKeyedSelect(const QueryTemplate& query,
                                             SqlTokens select);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_QUERY_KEYED_SELECT_H_
