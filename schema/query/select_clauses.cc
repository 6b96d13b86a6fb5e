#include "schema/query/select_clauses.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "schema/query/where_clause.h"

namespace postmirror {
namespace {

absl::Status Refuse(absl::string_view why) {
  return absl::InvalidArgumentError(why);
}

// The name by which ORDER BY can mean this item of a select list: its alias, or
// that of the column it is.
std::string OutputName(SqlTokens item) {
  const SqlToken& last = item.back();
  if (last.IsName()) return UnquotedName(last);
  if (last.kind != SqlToken::Kind::kString) return "";
  return std::string(last.text.substr(1, last.text.size() - 2));
}

// The columns and functions that an item of ORDER BY names; a qualified column
// with its qualifiers, as written.
std::vector<SqlTokens> NamesIn(SqlTokens item) {
  static constexpr absl::string_view kNotNames[] = {"asc", "desc", "true",
                                                    "false"};
  std::vector<SqlTokens> names;
  for (size_t i = 0; i < item.size(); ++i) {
    if (!item[i].IsName() || IsAnyKeyword(item, i, kNotNames)) continue;
    const size_t begin = i;
    while (i + 2 < item.size() && item[i + 1].IsOperator(".")) i += 2;
    names.push_back(item.subspan(begin, i + 1 - begin));
  }
  return names;
}

bool IsNameOf(const SqlToken& token, absl::string_view name) {
  return token.IsName() && absl::EqualsIgnoreCase(UnquotedName(token), name);
}

// Whether the select list has an item other than the key column itself that
// goes by `name`.
bool SelectsAnother(SqlTokens select_list, SqlTokens key_column,
                    absl::string_view name) {
  for (SqlTokens item : SplitAtCommas(select_list)) {
    if (absl::EqualsIgnoreCase(OutputName(item), name) &&
        SourceText(item) != SourceText(key_column)) {
      return true;
    }
  }
  return false;
}

// The number of rows in `tokens`, LIMIT and what follows it.
absl::StatusOr<uint64_t> ParseLimit(SqlTokens tokens) {
  uint64_t rows = 0;
  if (tokens.size() != 2 || tokens[1].kind != SqlToken::Kind::kNumber ||
      !absl::SimpleAtoi(tokens[1].text, &rows)) {
    return Refuse(absl::StrCat(Excerpt(SourceText(tokens)),
                               " is more or other than one number of rows"));
  }
  if (rows == 0) return Refuse("LIMIT 0 leaves no row of any key");
  return rows;
}

}  // namespace

absl::StatusOr<SelectClauses> SplitSelect(SqlTokens tokens) {
  SelectClauses clauses;
  const size_t end = FindAtTopLevel(tokens, "limit");
  if (end < tokens.size()) {
    const absl::StatusOr<uint64_t> limit = ParseLimit(tokens.subspan(end));
    if (!limit.ok()) return limit.status();
    clauses.limit = *limit;
    tokens = tokens.first(end);
  }
  const size_t from = FindAtTopLevel(tokens, "from");
  const size_t where = FindAtTopLevel(tokens, "where");
  const size_t order = FindAtTopLevel(tokens, "order");
  const bool from_again =
      from < where && FindAtTopLevel(tokens.subspan(from + 1), "from") <
                          tokens.size() - from - 1;
  if (from >= where || where >= order || from_again) {
    return Refuse(
        "it is not of the form SELECT ... FROM ... WHERE ... [ORDER BY ...] "
        "[LIMIT ...]");
  }
  clauses.select_list = tokens.subspan(1, from - 1);
  clauses.from = tokens.subspan(from + 1, where - from - 1);
  clauses.where = tokens.subspan(where + 1, order - where - 1);
  if (EndsInOperator(clauses.select_list) || EndsInOperator(clauses.from)) {
    return Refuse("the select list or FROM breaks off");
  }
  if (order == tokens.size()) return clauses;
  if (!IsKeyword(tokens, order + 1, "by") || order + 2 == tokens.size() ||
      EndsInOperator(tokens)) {
    return Refuse("ORDER without BY and a column");
  }
  clauses.order_by = tokens.subspan(order + 2);
  return clauses;
}

absl::Status CheckSelectList(const SelectClauses& clauses) {
  for (SqlTokens item : SplitAtCommas(clauses.select_list)) {
    if (item.empty()) return Refuse("a column is missing in the select list");
    if (item.front().IsOperator("*") || item.back().IsOperator("*")) {
      return Refuse(absl::StrCat(
          SourceText(item),
          " in the select list changes with the table: name the columns"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOrderBy(const SelectClauses& clauses, SqlTokens key_column) {
  if (clauses.order_by.empty()) return absl::OkStatus();
  const std::string key_name = UnquotedName(key_column.back());
  const bool another =
      SelectsAnother(clauses.select_list, key_column, key_name);
  for (SqlTokens item : SplitAtCommas(clauses.order_by)) {
    const std::vector<SqlTokens> names = NamesIn(item);
    if (names.empty()) {
      return Refuse(absl::StrCat(
          "ORDER BY ", SourceText(item),
          " counts the columns of the select list: name the column"));
    }
    for (SqlTokens name : names) {
      if (!IsNameOf(name.back(), key_name)) continue;
      // Without a qualifier, the name would now mean the key column, whatever
      // it meant before.
      const bool captured = name.size() == 1 && key_column.size() > 1;
      if (!another && !captured) continue;
      return Refuse(absl::StrCat("ORDER BY ", Excerpt(SourceText(name)),
                                 " can mean the key column or another column "
                                 "of that name"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckWindowOrder(const SelectClauses& clauses, bool single_table) {
  for (SqlTokens name : NamesIn(clauses.order_by)) {
    if (name.size() > 1) continue;
    for (SqlTokens item : SplitAtCommas(clauses.select_list)) {
      if (!IsNameOf(name.front(), OutputName(item))) continue;
      // Qualified, it can be one of several columns of that name.
      if (IsColumn(item) && (item.size() == 1 || single_table)) continue;
      return Refuse(absl::StrCat(
          "ORDER BY ", Excerpt(name.front().text),
          " with LIMIT can mean an item of the select list or a column of a "
          "table"));
    }
  }
  return absl::OkStatus();
}

}  // namespace postmirror
