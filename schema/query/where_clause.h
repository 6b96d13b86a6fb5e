// The WHERE clause of a query for one key: a conjunction, of which one conjunct
// compares the key column with the key.
#ifndef POSTMIRROR_SCHEMA_QUERY_WHERE_CLAUSE_H_
#define POSTMIRROR_SCHEMA_QUERY_WHERE_CLAUSE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "schema/query/sql_token.h"

namespace postmirror {

struct WhereClause {
  SqlTokens key_column;         // a column, perhaps qualified, as written
  std::vector<SqlTokens> rest;  // the other conjuncts, in their order
};

// Takes `where` (without the word WHERE) apart; tokens[key] of it is the string
// that stands for the key. Fails with kInvalidArgument unless dropping the
// conjunct with the key leaves exactly the conditions on a row that do not
// depend on the key.
// REQUIRES: key < where.size()
absl::StatusOr<WhereClause> ParseWhereClause(SqlTokens where, size_t key);

// Whether `tokens` are one column: up to three names with dots between them.
bool IsColumn(SqlTokens tokens);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_QUERY_WHERE_CLAUSE_H_
