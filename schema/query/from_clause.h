// The tables that a query reads.
#ifndef POSTMIRROR_SCHEMA_QUERY_FROM_CLAUSE_H_
#define POSTMIRROR_SCHEMA_QUERY_FROM_CLAUSE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "schema/query/mirror_query.h"
#include "schema/query/sql_token.h"

namespace postmirror {

// One mention of a table in a FROM clause.
struct TableReference {
  TableName name;
  std::string alias;  // by which the query calls it, in backquotes

  friend bool operator==(const TableReference&,
                         const TableReference&) = default;
};

// Every mention of a table in every FROM clause of the whole statement
// `tokens`, subqueries included, in the order of the text. The name of a common
// table expression counts as a table: it may hide a real one of that name.
// Fails with kInvalidArgument where a table is expected and something else
// stands.
absl::StatusOr<std::vector<TableReference>> TablesRead(SqlTokens tokens);

// Each table once, in the order of its first mention.
std::vector<TableName> DistinctTables(
    const std::vector<TableReference>& references);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_QUERY_FROM_CLAUSE_H_
