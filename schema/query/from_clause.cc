#include "schema/query/from_clause.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// What ends a FROM clause outside of parentheses. A clause that is missing here
// (FOR UPDATE, WINDOW) names no table, so that running on into it is harmless.
constexpr absl::string_view kEnds[] = {
    "where", "group",  "having",    "order",  "limit",     "union",
    "into",  "except", "intersect", "select", "procedure", "fetch"};
// What follows a table and is not its alias.
constexpr absl::string_view kNotAnAlias[] = {
    "cross", "for",   "force",         "full",    "ignore", "inner",
    "join",  "left",  "lock",          "natural", "offset", "on",
    "right", "outer", "straight_join", "use",     "using"};
constexpr absl::string_view kQuery[] = {"select", "with", "values"};
// "USE INDEX FOR JOIN (...)": no clause and no join begins here.
constexpr absl::string_view kFor[] = {"for"};

class TableCollector {
 public:
  explicit TableCollector(SqlTokens tokens) : tokens_(tokens) {}

  absl::StatusOr<std::vector<TableReference>> Run() {
    // Whether a SELECT was seen at each level of parentheses: the FROM of
    // TRIM(a FROM b) stands at a level without one.
    std::vector<bool> selects = {false};
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].IsOperator("(")) selects.push_back(false);
      if (tokens_[i].IsOperator(")")) selects.pop_back();
      if (IsKeyword(tokens_, i, "select")) selects.back() = true;
      if (!IsKeyword(tokens_, i, "from") || !selects.back()) continue;
      if (absl::Status status = TakeClause(i + 1); !status.ok()) return status;
    }
    return std::move(references_);
  }

 private:
  // Walks one FROM clause from its first token on. Parentheses where a table is
  // expected hold tables or a subquery, all others an expression or a list.
  // Subqueries are passed over: Run() comes to their own FROM.
  absl::Status TakeClause(size_t i) {
    size_t depth = 0;
    bool expecting = true;
    while (i < tokens_.size()) {
      if (tokens_[i].IsOperator(")") && depth == 0) break;
      if (depth == 0 && EndsAt(i)) break;
      if (tokens_[i].IsOperator("(")) {
        if (expecting && !IsAnyKeyword(tokens_, i + 1, kQuery)) {
          ++depth;
        } else {
          i = ClosingParenthesis(tokens_, i);
          expecting = false;
        }
        ++i;
      } else if (tokens_[i].IsOperator(")")) {
        --depth;
        ++i;
      } else if (expecting) {
        if (!CanBeTable(i)) break;
        i = TakeTable(i);
        expecting = false;
      } else {
        expecting = BeginsTable(i++);
      }
    }
    if (!expecting) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        "a table is missing", i < tokens_.size() ? " before " : "",
        i < tokens_.size() ? Excerpt(SourceText(tokens_.subspan(i)))
                           : " at the end of FROM"));
  }

  bool BehindFor(size_t i) const {
    return i > 0 && IsAnyKeyword(tokens_, i - 1, kFor);
  }

  bool EndsAt(size_t i) const {
    return tokens_[i].IsOperator(";") ||
           (IsAnyKeyword(tokens_, i, kEnds) && !BehindFor(i));
  }

  bool BeginsTable(size_t i) const {
    if (tokens_[i].IsOperator(",")) return true;
    return (IsKeyword(tokens_, i, "join") ||
            IsKeyword(tokens_, i, "straight_join")) &&
           !BehindFor(i);
  }

  bool CanBeTable(size_t i) const {
    return tokens_[i].IsName() && !IsAnyKeyword(tokens_, i, kEnds) &&
           !IsAnyKeyword(tokens_, i, kNotAnAlias);
  }

  // Returns the index behind the table and its alias.
  size_t TakeTable(size_t i) {
    // JSON_TABLE(...) and LATERAL (...) read no table by name.
    if (i + 1 < tokens_.size() && tokens_[i + 1].IsOperator("(")) {
      return ClosingParenthesis(tokens_, i + 1) + 1;
    }
    TableReference reference;
    reference.name.table = UnquotedName(tokens_[i++]);
    if (i + 1 < tokens_.size() && tokens_[i].IsOperator(".") &&
        tokens_[i + 1].IsName()) {
      reference.name.database = std::move(reference.name.table);
      reference.name.table = UnquotedName(tokens_[i + 1]);
      i += 2;
    }
    reference.alias = QuotedName(reference.name.table);
    if (IsKeyword(tokens_, i, "partition") && i + 1 < tokens_.size() &&
        tokens_[i + 1].IsOperator("(")) {
      i = ClosingParenthesis(tokens_, i + 1) + 1;
    }
    if (IsKeyword(tokens_, i, "as")) ++i;
    if (i < tokens_.size() && CanBeTable(i)) {
      reference.alias = QuotedName(UnquotedName(tokens_[i++]));
    }
    references_.push_back(std::move(reference));
    return i;
  }

  SqlTokens tokens_;
  std::vector<TableReference> references_;
};

}  // namespace

absl::StatusOr<std::vector<TableReference>> TablesRead(SqlTokens tokens) {
  return TableCollector(tokens).Run();
}

std::vector<TableName> DistinctTables(
    const std::vector<TableReference>& references) {
  std::vector<TableName> tables;
  for (const TableReference& reference : references) {
    if (std::find(tables.begin(), tables.end(), reference.name) ==
        tables.end()) {
      tables.push_back(reference.name);
    }
  }
  return tables;
}

}  // namespace postmirror
