#include "schema/query/keyed_select.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "schema/query/sql_function.h"

namespace postmirror {
namespace {

// Keywords with which one query for all keys is not, or not surely, the queries
// for each key put together. All but SQL_* are reserved, so that a column of
// that name is always quoted.
struct RefusedWord {
  absl::string_view word;
  absl::string_view why;
};
constexpr absl::string_view kManySelects = "is more than a UNION of SELECTs";
constexpr absl::string_view kCounts =
    "would count the rows of all keys instead of one";
constexpr absl::string_view kMerges =
    "would merge the rows of all keys instead of one";
constexpr absl::string_view kNotRead = "does more than to read";
constexpr absl::string_view kModifier =
    "is a modifier that has no place in a query for all keys";
constexpr RefusedWord kRefusedWords[] = {
    {"union", "inside of parentheses is not derived"},
    {"except", kManySelects},
    {"intersect", kManySelects},
    {"with", kManySelects},
    {"values", kManySelects},
    {"fetch", kCounts},
    {"over", kCounts},
    {"group", kMerges},
    {"having", kMerges},
    {"distinct", kMerges},
    {"distinctrow", kMerges},
    {"into", kNotRead},
    {"for", "(a lock, an index hint or a moment in the past) is not derived"},
    {"lock", "takes a lock"},
    {"procedure", kNotRead},
    {"all", kModifier},
    {"high_priority", kModifier},
    {"straight_join", kModifier},
    {"sql_big_result", kModifier},
    {"sql_buffer_result", kModifier},
    {"sql_cache", kModifier},
    {"sql_calc_found_rows", kModifier},
    {"sql_no_cache", kModifier},
    {"sql_small_result", kModifier},
    {"select", "begins a subquery, which is not derived"},
};

absl::Status Refuse(absl::string_view why) {
  return absl::InvalidArgumentError(why);
}

// Fails on what rules out a derivation wherever it stands. REQUIRES: a SELECT.
absl::Status CheckWordsAndFunctions(SqlTokens tokens) {
  for (const RefusedWord& refused : kRefusedWords) {
    for (size_t i = 1; i < tokens.size(); ++i) {
      if (!IsKeyword(tokens, i, refused.word)) continue;
      return Refuse(absl::StrCat(tokens[i].text, " ", refused.why));
    }
  }
  for (const SqlToken& token : tokens) {
    if (token.IsOperator("@"))
      return Refuse("a variable (@) depends on the connection that asks");
    if (token.IsOperator("?"))
      return Refuse("a placeholder (?) has no value here");
    if (token.IsOperator(";"))
      return Refuse("\";\" makes more than one statement");
  }
  const std::string reason = ReasonAgainstDeriving(tokens);
  return reason.empty() ? absl::OkStatus() : Refuse(reason);
}

// Where the one specifier within `select` stands.
absl::StatusOr<const char*> FindSpecifier(const QueryTemplate& query,
                                          SqlTokens select) {
  const absl::string_view text = SourceText(select);
  std::optional<const char*> found;
  for (const QueryTemplate::Specifier& specifier : query.specifiers) {
    const char* place = query.sql.data() + specifier.offset;
    if (place < text.data() || place >= text.data() + text.size()) continue;
    if (found.has_value()) {
      return Refuse(
          "%s stands in it more than once: one column alone can be the key");
    }
    found = place;
  }
  if (found.has_value()) return *found;
  return Refuse("there is no column = '%s' in it: no column is the key");
}

// The index in `where` of the string that is the key and nothing else.
absl::StatusOr<size_t> FindKey(const char* specifier, SqlTokens where) {
  for (size_t i = 0; i < where.size(); ++i) {
    const absl::string_view text = where[i].text;
    if (text.data() > specifier || text.data() + text.size() <= specifier)
      continue;
    if (where[i].kind != SqlToken::Kind::kString) {
      return Refuse("%s stands outside of quotes");
    }
    // The quotes and the two bytes of the specifier.
    if (text.size() == 4) return i;
    return Refuse(
        absl::StrCat("the string ", Excerpt(text),
                     " is more or other than the key in quotes, '%s'"));
  }
  return Refuse("%s stands outside of the WHERE clause");
}

absl::StatusOr<WhereClause> FindKeyColumn(const char* specifier,
                                          SqlTokens where) {
  const absl::StatusOr<size_t> key = FindKey(specifier, where);
  if (!key.ok()) return key.status();
  return ParseWhereClause(where, *key);
}

// Fails where a clause means something else in the SELECT for all keys.
absl::Status CheckClauses(const KeyedSelect& select) {
  const SelectClauses& clauses = select.clauses;
  if (absl::Status status = CheckSelectList(clauses); !status.ok())
    return status;
  if (absl::Status status = CheckOrderBy(clauses, select.where.key_column);
      !status.ok()) {
    return status;
  }
  if (!clauses.limit.has_value()) return absl::OkStatus();
  return CheckWindowOrder(clauses,
                          /*single_table=*/select.references.size() == 1);
}

}  // namespace

absl::StatusOr<KeyedSelect> ParseKeyedSelect(const QueryTemplate& query,
                                             SqlTokens select) {
  absl::Status status = CheckWordsAndFunctions(select);
  if (!status.ok()) return status;
  const absl::StatusOr<const char*> specifier = FindSpecifier(query, select);
  if (!specifier.ok()) return specifier.status();
  const absl::StatusOr<SelectClauses> clauses = SplitSelect(select);
  if (!clauses.ok()) return clauses.status();
  absl::StatusOr<std::vector<TableReference>> references = TablesRead(select);
  if (!references.ok()) return references.status();
  absl::StatusOr<WhereClause> where = FindKeyColumn(*specifier, clauses->where);
  if (!where.ok()) return where.status();

  KeyedSelect keyed = {.clauses = *clauses,
                       .where = *std::move(where),
                       .references = *std::move(references)};
  status = CheckClauses(keyed);
  if (!status.ok()) return status;
  return keyed;
}

}  // namespace postmirror
