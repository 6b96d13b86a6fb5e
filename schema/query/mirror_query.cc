#include "schema/query/mirror_query.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "schema/query/from_clause.h"
#include "schema/query/query_template.h"
#include "schema/query/select_clauses.h"
#include "schema/query/sql_function.h"
#include "schema/query/sql_token.h"
#include "schema/query/where_clause.h"

namespace postmirror {
namespace {

constexpr absl::string_view kCure =
    "; add a line \"mirror_query = SELECT <key>, <value> FROM ...\" to the "
    "same file (Postfix ignores it)";

// Keywords with which one query for all keys is not, or not surely, the queries
// for each key put together. All but SQL_* are reserved, so that a column of
// that name is always quoted.
struct RefusedWord {
  absl::string_view word;
  absl::string_view why;
};
constexpr absl::string_view kManySelects = "is more than one SELECT";
constexpr absl::string_view kCounts =
    "would count the rows of all keys instead of one";
constexpr absl::string_view kMerges =
    "would merge the rows of all keys instead of one";
constexpr absl::string_view kNotRead = "does more than to read";
constexpr absl::string_view kModifier =
    "is a modifier that has no place in a query for all keys";
constexpr RefusedWord kRefusedWords[] = {
    {"union", kManySelects},
    {"except", kManySelects},
    {"intersect", kManySelects},
    {"with", kManySelects},
    {"values", kManySelects},
    {"limit", kCounts},
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

// Fails unless the key is asked for once and as a whole.
absl::Status CheckSpecifiers(const QueryTemplate& query) {
  size_t keys = 0;
  for (const QueryTemplate::Specifier& specifier : query.specifiers) {
    // In a query, %S is the same as %s (mysql_table(5)).
    if (specifier.letter == 's' || specifier.letter == 'S') {
      ++keys;
      continue;
    }
    return Refuse(absl::StrCat(
        "%", absl::string_view(&specifier.letter, 1),
        " asks for a part of the key, not for a column's whole value"));
  }
  if (keys == 0)
    return Refuse("there is no column = '%s' in it: no column is the key");
  if (keys > 1)
    return Refuse(
        "%s stands in it more than once: one column alone can be the key");
  return absl::OkStatus();
}

// The index in `where` of the string that is the key and nothing else.
// REQUIRES: CheckSpecifiers passed.
absl::StatusOr<size_t> FindKey(const QueryTemplate& query, SqlTokens where) {
  const char* specifier = query.sql.data() + query.specifiers.front().offset;
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

std::string BuildSql(const SelectClauses& clauses, const WhereClause& where) {
  std::string sql = absl::StrCat("SELECT ", SourceText(where.key_column), ", ",
                                 SourceText(clauses.select_list), " FROM ",
                                 SourceText(clauses.from));
  absl::string_view joint = " WHERE ";
  for (SqlTokens conjunct : where.rest) {
    absl::StrAppend(&sql, std::exchange(joint, " AND "), SourceText(conjunct));
  }
  if (!clauses.order_by.empty())
    absl::StrAppend(&sql, " ORDER BY ", SourceText(clauses.order_by));
  return sql;
}

absl::StatusOr<MirrorQuery> BuildMirrorQuery(
    const QueryTemplate& query, const SelectClauses& clauses,
    std::vector<TableReference> references) {
  const absl::StatusOr<size_t> key = FindKey(query, clauses.where);
  if (!key.ok()) return key.status();
  const absl::StatusOr<WhereClause> where =
      ParseWhereClause(clauses.where, *key);
  if (!where.ok()) return where.status();
  absl::Status status = CheckSelectList(clauses);
  if (!status.ok()) return status;
  status = CheckOrderBy(clauses, where->key_column);
  if (!status.ok()) return status;

  MirrorQuery mirror;
  mirror.sql = BuildSql(clauses, *where);
  mirror.branches = {mirror.sql};
  mirror.tables = DistinctTables(references);
  if (references.size() != 1) return mirror;
  mirror.key_column = UnquotedName(where->key_column.back());
  if (clauses.order_by.empty()) {
    mirror.order = {std::move(references.front().name),
                    std::move(references.front().alias)};
  }
  return mirror;
}

absl::StatusOr<MirrorQuery> Derive(absl::string_view query) {
  const absl::StatusOr<QueryTemplate> parsed = ParseQueryTemplate(query);
  if (!parsed.ok()) return parsed.status();
  const absl::StatusOr<std::vector<SqlToken>> all = TokenizeSql(parsed->sql);
  if (!all.ok()) return all.status();
  SqlTokens tokens = *all;
  if (!tokens.empty() && tokens.back().IsOperator(";"))
    tokens = tokens.first(tokens.size() - 1);
  if (!IsKeyword(tokens, 0, "select"))
    return Refuse("it does not begin with SELECT");

  absl::Status status = CheckWordsAndFunctions(tokens);
  if (!status.ok()) return status;
  status = CheckSpecifiers(*parsed);
  if (!status.ok()) return status;
  const absl::StatusOr<SelectClauses> clauses = SplitSelect(tokens);
  if (!clauses.ok()) return clauses.status();
  absl::StatusOr<std::vector<TableReference>> references = TablesRead(tokens);
  if (!references.ok()) return references.status();
  return BuildMirrorQuery(*parsed, *clauses, *std::move(references));
}

}  // namespace

absl::StatusOr<MirrorQuery> DeriveMirrorQuery(absl::string_view query) {
  absl::StatusOr<MirrorQuery> mirror = Derive(query);
  if (mirror.ok()) return mirror;
  return absl::InvalidArgumentError(
      absl::StrCat("no mirror query can be derived from the query: ",
                   mirror.status().message(), kCure));
}

}  // namespace postmirror
