#include "schema/query/where_clause.h"

#include <optional>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// Words that stand where a column can, but are none.
constexpr absl::string_view kConstants[] = {"null", "true", "false", "unknown",
                                            "default"};

// Cuts a condition at the ANDs that join its conjuncts: not at those inside of
// parentheses and CASE ... END, nor at that of BETWEEN.
class ConjunctSplitter {
 public:
  explicit ConjunctSplitter(SqlTokens condition) : condition_(condition) {}

  absl::StatusOr<std::vector<SqlTokens>> Run() {
    for (size_t i = 0; i < condition_.size(); ++i) {
      if (condition_[i].IsOperator("(")) {
        i = ClosingParenthesis(condition_, i);
        continue;
      }
      if (absl::Status status = Take(i); !status.ok()) return status;
    }
    // A column can be named END, in which case the words do not come out even
    // and nothing above can be trusted.
    if (open_cases_ != 0 || open_betweens_ != 0) {
      return absl::InvalidArgumentError(
          "CASE without END, or BETWEEN without AND, in WHERE");
    }
    Cut(condition_.size());
    return std::move(conjuncts_);
  }

 private:
  absl::Status Take(size_t i) {
    if (IsKeyword(condition_, i, "case")) {
      ++open_cases_;
    } else if (IsKeyword(condition_, i, "end")) {
      // A column named END inside of CASE would end it too early.
      if (open_cases_-- == 0) {
        return absl::InvalidArgumentError(
            "END without CASE in WHERE (a column? quote it)");
      }
    } else if (open_cases_ > 0) {
      return absl::OkStatus();
    } else if (IsKeyword(condition_, i, "between")) {
      ++open_betweens_;
    } else if (IsKeyword(condition_, i, "and") ||
               condition_[i].IsOperator("&&")) {
      if (open_betweens_ > 0) {
        --open_betweens_;
      } else {
        Cut(i);
      }
    } else if (IsKeyword(condition_, i, "or") ||
               IsKeyword(condition_, i, "xor") ||
               condition_[i].IsOperator("||")) {
      return absl::InvalidArgumentError(absl::StrCat(
          Excerpt(condition_[i].text),
          " at the top level of WHERE: a row may be asked for by more than its "
          "key "
          "(put conditions that do not depend on the key into parentheses)"));
    }
    return absl::OkStatus();
  }

  void Cut(size_t end) {
    conjuncts_.push_back(condition_.subspan(begin_, end - begin_));
    begin_ = end + 1;
  }

  SqlTokens condition_;
  size_t begin_ = 0;
  size_t open_cases_ = 0;
  size_t open_betweens_ = 0;
  std::vector<SqlTokens> conjuncts_;
};

// The column in `column = <key>` or `<key> = column`, if the conjunct is just
// that.
std::optional<SqlTokens> ComparedColumn(SqlTokens conjunct,
                                        const SqlToken& key) {
  if (conjunct.size() < 3) return std::nullopt;
  const bool key_first = &conjunct.front() == &key;
  if (!key_first && &conjunct.back() != &key) return std::nullopt;
  if (!conjunct[key_first ? 1 : conjunct.size() - 2].IsOperator("="))
    return std::nullopt;
  const SqlTokens column =
      conjunct.subspan(key_first ? 2 : 0, conjunct.size() - 2);
  if (!IsColumn(column)) return std::nullopt;
  return column;
}

bool Holds(SqlTokens conjunct, const SqlToken& key) {
  for (const SqlToken& token : conjunct) {
    if (&token == &key) return true;
  }
  return false;
}

}  // namespace

bool IsColumn(SqlTokens tokens) {
  if (tokens.size() % 2 == 0 || tokens.size() > 5) return false;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (i % 2 == 0 ? !tokens[i].IsName() : !tokens[i].IsOperator("."))
      return false;
  }
  return tokens.size() > 1 || !IsAnyKeyword(tokens, 0, kConstants);
}

absl::StatusOr<WhereClause> ParseWhereClause(SqlTokens where, size_t key) {
  absl::StatusOr<std::vector<SqlTokens>> conjuncts =
      ConjunctSplitter(where).Run();
  if (!conjuncts.ok()) return conjuncts.status();
  WhereClause clause;
  for (SqlTokens conjunct : *conjuncts) {
    if (conjunct.empty())
      return absl::InvalidArgumentError("an empty condition in WHERE");
    if (EndsInOperator(conjunct))
      return absl::InvalidArgumentError("a condition in WHERE breaks off");
    if (!Holds(conjunct, where[key])) {
      clause.rest.push_back(conjunct);
      continue;
    }
    const std::optional<SqlTokens> column =
        ComparedColumn(conjunct, where[key]);
    if (!column.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the condition ", Excerpt(SourceText(conjunct)),
                       " is more or other than column = '%s', so that it names "
                       "no key column"));
    }
    clause.key_column = *column;
  }
  return clause;
}

}  // namespace postmirror
