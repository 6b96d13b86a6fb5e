// The SELECTs of a query, one or a UNION of several.
#ifndef POSTMIRROR_SCHEMA_QUERY_UNION_BRANCHES_H_
#define POSTMIRROR_SCHEMA_QUERY_UNION_BRANCHES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "schema/query/sql_token.h"

namespace postmirror {

struct UnionBranch {
  SqlTokens select;  // begins with SELECT; without parentheses around it
  bool all = false;  // it stands behind UNION ALL
};

// Takes a query apart at its UNIONs, [ALL | DISTINCT]. Fails with
// kInvalidArgument on another form, and on an ORDER BY or LIMIT of the whole
// UNION, which belongs to no one SELECT.
absl::StatusOr<std::vector<UnionBranch>> SplitUnion(SqlTokens tokens);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_QUERY_UNION_BRANCHES_H_
