// ParseMirrorQuery: what an administrator wrote is taken at its word, but for
// what would make the mirror hold something else than the tables say.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/query/from_clause.h"
#include "schema/query/mirror_query.h"
#include "schema/query/query_template.h"
#include "schema/query/sql_function.h"
#include "schema/query/sql_token.h"
#include "schema/query/union_branches.h"
#include "schema/query/where_clause.h"

namespace postmirror {
namespace {

constexpr absl::string_view kQuery[] = {"select", "with"};
constexpr absl::string_view kBetweenSelects[] = {
    "union", "except", "intersect", "all", "distinct", "values"};
// What makes the rows of a result other than the rows of its table.
constexpr absl::string_view kNotPlain[] = {
    "distinct", "distinctrow", "group", "having", "limit",  "fetch",
    "over",     "order",       "union", "except", "values", "intersect"};

absl::Status Refuse(absl::string_view why) {
  return absl::InvalidArgumentError(why);
}

// Whether the whole string is made of specifiers and what stands between the
// parts of an address: '%s', '%u@%d'. In plain SQL it would be compared as it
// is.
bool IsSpecifierString(const SqlToken& token) {
  if (token.kind != SqlToken::Kind::kString) return false;
  const absl::string_view text = token.text.substr(1, token.text.size() - 2);
  bool found = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 1 < text.size() && IsSpecifier(text[i + 1])) {
      found = true;
      ++i;
    } else if (!absl::StrContains("@./+-", text[i])) {
      return false;
    }
  }
  return found;
}

absl::Status CheckTokens(SqlTokens tokens) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    const SqlToken& token = tokens[i];
    if (token.IsOperator("@"))
      return Refuse("a variable (@) depends on the connection that asks");
    if (token.IsOperator("?"))
      return Refuse("a placeholder (?) has no value here");
    if (token.IsOperator(";"))
      return Refuse("\";\" makes more than one statement");
    if (IsKeyword(tokens, i, "into") || IsKeyword(tokens, i, "procedure")) {
      return Refuse(absl::StrCat(token.text, " does more than to read"));
    }
    if (IsKeyword(tokens, i, "for") &&
        (IsKeyword(tokens, i + 1, "update") ||
         (i > 0 && IsKeyword(tokens, i - 1, "value")))) {
      return Refuse("FOR does more than to read");
    }
    if (IsKeyword(tokens, i, "lock") && IsKeyword(tokens, i + 1, "in")) {
      return Refuse("LOCK IN SHARE MODE takes a lock");
    }
    if (IsSpecifierString(token)) {
      return Refuse(
          absl::StrCat(token.text,
                       " has no meaning here: the mirror query reads all keys, "
                       "its first column is the key"));
    }
  }
  const std::string reason = ReasonAgainstMirroring(tokens);
  return reason.empty() ? absl::OkStatus() : Refuse(reason);
}

// Fails on a LIMIT of the statement or of one SELECT of its UNION: what it
// leaves out would be "not found". One in a subquery is the administrator's
// business.
absl::Status CheckLimit(SqlTokens tokens) {
  // For each open parenthesis, whether it encloses a SELECT of the UNION.
  std::vector<bool> branches;
  int subqueries = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].IsOperator("(")) {
      // Behind a ")" it is the statement that WITH belongs to.
      const bool branch = i == 0 || tokens[i - 1].IsOperator(")") ||
                          (tokens[i - 1].IsOperator("(") && branches.back()) ||
                          IsAnyKeyword(tokens, i - 1, kBetweenSelects);
      branches.push_back(branch);
      subqueries += branch ? 0 : 1;
    } else if (tokens[i].IsOperator(")")) {
      subqueries -= branches.back() ? 0 : 1;
      branches.pop_back();
    } else if (subqueries == 0 && (IsKeyword(tokens, i, "limit") ||
                                   IsKeyword(tokens, i, "fetch"))) {
      return Refuse(
          absl::StrCat(tokens[i].text, " would leave keys out of the mirror"));
    }
  }
  return absl::OkStatus();
}

// The index of the first SELECT that gives rows to the result, or
// tokens.size().
size_t FirstSelect(SqlTokens tokens) {
  size_t i = 0;
  while (i < tokens.size() && tokens[i].IsOperator("(")) ++i;
  if (!IsAnyKeyword(tokens, i, kQuery)) return tokens.size();
  if (IsKeyword(tokens, i, "select")) return i;
  // WITH name [(columns)] AS (subquery), ...: behind them, at their level.
  for (; i < tokens.size() && !IsKeyword(tokens, i, "select"); ++i) {
    if (!tokens[i].IsOperator("(")) continue;
    const size_t close = ClosingParenthesis(tokens, i);
    const bool of_list =
        IsKeyword(tokens, close + 1, "as") || IsKeyword(tokens, i - 1, "as");
    if (of_list) i = close;
  }
  return i;
}

// The select list of the SELECT at `select`: to its FROM, or what else ends it.
SqlTokens SelectList(SqlTokens tokens, size_t select) {
  static constexpr absl::string_view kEnds[] = {"from",  "union", "except",
                                                "where", "order", "intersect",
                                                "limit", "having"};
  size_t end = select + 1;
  while (end < tokens.size() && !tokens[end].IsOperator(")") &&
         !IsAnyKeyword(tokens, end, kEnds)) {
    if (tokens[end].IsOperator("(")) end = ClosingParenthesis(tokens, end);
    ++end;
  }
  return tokens.subspan(select + 1, end - select - 1);
}

absl::Status CheckColumns(const std::vector<SqlTokens>& columns) {
  bool star = false;
  for (SqlTokens column : columns) {
    if (column.empty()) return Refuse("a column is missing in the select list");
    star = star || column.back().IsOperator("*");
  }
  if (star || columns.size() > 1) return absl::OkStatus();
  return Refuse("it needs two columns or more: the key, then the value");
}

// Whether the rows of the result are rows of one table, so that they have a
// primary-key order and the first column is one of the table.
bool IsPlain(SqlTokens tokens, const std::vector<TableReference>& references) {
  if (references.size() != 1 || !IsKeyword(tokens, 0, "select")) return false;
  for (size_t i = 1; i < tokens.size(); ++i) {
    if (IsAnyKeyword(tokens, i, kQuery) || IsAnyKeyword(tokens, i, kNotPlain))
      return false;
    const FunctionKind kind =
        CalledFunction(tokens, i).value_or(FunctionKind::kRowWise);
    // An unknown function may be an aggregate of the administrator's own.
    if (kind != FunctionKind::kRowWise) return false;
  }
  return true;
}

// Whether rows may be left out since their keys are equal to the server.
bool ComparesKeys(SqlTokens tokens) {
  static constexpr absl::string_view kMerging[] = {
      "distinct", "distinctrow", "group", "over", "except", "intersect"};
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (IsAnyKeyword(tokens, i, kMerging)) return true;
    if (IsKeyword(tokens, i, "union") && !IsKeyword(tokens, i + 1, "all"))
      return true;
  }
  return false;
}

std::string FindUnknownFunction(SqlTokens tokens) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (CalledFunction(tokens, i) == FunctionKind::kUnknown) {
      return UnquotedName(tokens[i]);
    }
  }
  return "";
}

// The SELECTs of a UNION, as far as it can be taken apart.
std::vector<std::string> Branches(SqlTokens tokens) {
  const absl::StatusOr<std::vector<UnionBranch>> split = SplitUnion(tokens);
  std::vector<std::string> branches;
  if (split.ok()) {
    for (const UnionBranch& branch : *split) {
      branches.emplace_back(SourceText(branch.select));
    }
  }
  if (branches.empty()) branches.emplace_back(SourceText(tokens));
  return branches;
}

// Of a plain query, with the first column as the key.
std::optional<MirrorQuery::KeySelect> SelectOfKeys(SqlTokens tokens,
                                                   SqlTokens key) {
  if (!IsColumn(key)) return std::nullopt;
  const size_t where = FindAtTopLevel(tokens, "where");
  const absl::string_view before = SourceText(tokens.first(where));
  const absl::string_view condition =
      where == tokens.size() ? "TRUE" : SourceText(tokens.subspan(where + 1));
  return MirrorQuery::KeySelect{
      .column = UnquotedName(key.back()),
      // Lines of their own: what comes before may end in a `--` comment.
      .head = absl::StrCat(before, "\nWHERE (", condition, "\n) AND ",
                           SourceText(key), " IN ("),
      .tail = ")"};
}

absl::StatusOr<MirrorQuery> Parse(absl::string_view sql) {
  const absl::StatusOr<std::vector<SqlToken>> all = TokenizeSql(sql);
  if (!all.ok()) return all.status();
  SqlTokens tokens = *all;
  if (!tokens.empty() && tokens.back().IsOperator(";"))
    tokens = tokens.first(tokens.size() - 1);
  const size_t select = FirstSelect(tokens);
  if (select >= tokens.size()) return Refuse("it is not a SELECT");
  absl::Status status = CheckTokens(tokens);
  if (!status.ok()) return status;
  if (EndsInOperator(tokens)) return Refuse("it breaks off");
  status = CheckLimit(tokens);
  if (!status.ok()) return status;
  const std::vector<SqlTokens> columns =
      SplitAtCommas(SelectList(tokens, select));
  status = CheckColumns(columns);
  if (!status.ok()) return status;
  absl::StatusOr<std::vector<TableReference>> references = TablesRead(tokens);
  if (!references.ok()) return references.status();

  MirrorQuery mirror;
  mirror.sql = std::string(SourceText(tokens));
  mirror.branches = Branches(tokens);
  mirror.tables = DistinctTables(*references);
  mirror.unknown_function = FindUnknownFunction(tokens);
  mirror.compares_keys = ComparesKeys(tokens);
  if (!IsPlain(tokens, *references)) return mirror;
  mirror.key_select = SelectOfKeys(tokens, columns.front());
  mirror.orders = {{.table = std::move(references->front().name),
                    .alias = std::move(references->front().alias),
                    .offset = mirror.sql.size()}};
  return mirror;
}

}  // namespace

absl::StatusOr<MirrorQuery> ParseMirrorQuery(absl::string_view sql) {
  absl::StatusOr<MirrorQuery> mirror = Parse(sql);
  if (mirror.ok()) return mirror;
  return absl::InvalidArgumentError(absl::StrCat(
      "mirror_query cannot be mirrored: ", mirror.status().message()));
}

}  // namespace postmirror
