// What the functions in a query depend on. A mirror holds what a query says at
// one moment until a table changes, so a value that changes without a change of
// any table, or that differs between two connections, cannot be mirrored.
#ifndef POSTMIRROR_SCHEMA_QUERY_SQL_FUNCTION_H_
#define POSTMIRROR_SCHEMA_QUERY_SQL_FUNCTION_H_

#include <cstddef>
#include <optional>
#include <string>

#include "schema/query/sql_token.h"

namespace postmirror {

enum class FunctionKind {
  kRowWise,    // known to depend on its arguments alone
  kAggregate,  // makes one row out of several
  kTime,
  kRandom,
  kSession,  // depends on the connection
  kServer,   // waits, locks, counts or reads files
  kUnknown,  // stored, or not known here
};

// The kind of the function that is called at tokens[i]; none if tokens[i] calls
// no function. A keyword such as CURRENT_DATE calls one without parentheses.
std::optional<FunctionKind> CalledFunction(SqlTokens tokens, size_t i);

// Why the first function in `tokens` that is not kRowWise cannot be in a
// derived query, naming it; empty if there is none.
std::string ReasonAgainstDeriving(SqlTokens tokens);

// Why the first function in `tokens` that is kTime, kRandom, kSession or
// kServer cannot be in any mirror query, naming it; empty if there is none.
std::string ReasonAgainstMirroring(SqlTokens tokens);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_QUERY_SQL_FUNCTION_H_
