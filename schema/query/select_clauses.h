// The clauses of the one SELECT from which a mirror query can be derived, and
// what the key column in front of its select list would change in them.
#ifndef POSTMIRROR_SCHEMA_QUERY_SELECT_CLAUSES_H_
#define POSTMIRROR_SCHEMA_QUERY_SELECT_CLAUSES_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "schema/query/sql_token.h"

namespace postmirror {

// Each without its keyword.
struct SelectClauses {
  SqlTokens select_list;
  SqlTokens from;
  SqlTokens where;
  SqlTokens order_by;  // empty if there is none
  std::optional<uint64_t> limit;
};

// Takes SELECT ... FROM ... WHERE ... [ORDER BY ...] [LIMIT n] apart; fails
// with kInvalidArgument on another form. REQUIRES: tokens[0] is SELECT.
absl::StatusOr<SelectClauses> SplitSelect(SqlTokens tokens);

// Fails with kInvalidArgument on what stands for columns that are not named.
absl::Status CheckSelectList(const SelectClauses& clauses);

// Fails with kInvalidArgument where ORDER BY would mean something else with the
// key column in front of the select list: it counts columns, or it names one of
// two columns of one name.
absl::Status CheckOrderBy(const SelectClauses& clauses, SqlTokens key_column);

// Fails with kInvalidArgument where ORDER BY would mean something else in a
// window function, in which a name is always a column of FROM: it names an item
// of the select list that is not, for sure, the column of that name.
absl::Status CheckWindowOrder(const SelectClauses& clauses, bool single_table);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_QUERY_SELECT_CLAUSES_H_
