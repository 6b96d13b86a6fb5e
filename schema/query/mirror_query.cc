#include "schema/query/mirror_query.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "schema/query/keyed_select.h"
#include "schema/query/query_template.h"
#include "schema/query/sql_token.h"
#include "schema/query/union_branches.h"

namespace postmirror {
namespace {

constexpr absl::string_view kCure =
    "; add a line \"mirror_query = SELECT <key>, <value> FROM ...\" to the "
    "same file (Postfix ignores it)";

absl::Status Refuse(absl::string_view why) {
  return absl::InvalidArgumentError(why);
}

// Fails on specifiers that are not the whole key. Nothing can be derived from
// those: collations make one key of several spellings, and only the spelling
// that is asked tells its parts.
absl::Status CheckSpecifiers(const QueryTemplate& query) {
  for (const QueryTemplate::Specifier& specifier : query.specifiers) {
    // In a query, %S is the same as %s (mysql_table(5)).
    if (specifier.letter == 's' || specifier.letter == 'S') continue;
    return Refuse(absl::StrCat(
        "%", absl::string_view(&specifier.letter, 1),
        " asks for a part of the key, not for a column's whole value: the "
        "mirror query has to put whole keys together, such as "
        "CONCAT(local_part, '@', domain)"));
  }
  return absl::OkStatus();
}

struct Branch {
  KeyedSelect select;
  bool all = false;  // behind UNION ALL
};

absl::StatusOr<std::vector<Branch>> ParseBranches(const QueryTemplate& query,
                                                  SqlTokens tokens) {
  const absl::StatusOr<std::vector<UnionBranch>> parts = SplitUnion(tokens);
  if (!parts.ok()) return parts.status();
  std::vector<Branch> branches;
  for (const UnionBranch& part : *parts) {
    absl::StatusOr<KeyedSelect> select = ParseKeyedSelect(query, part.select);
    if (select.ok()) {
      branches.push_back({.select = *std::move(select), .all = part.all});
      continue;
    }
    if (parts->size() == 1) return select.status();
    return Refuse(absl::StrCat("SELECT number ", branches.size() + 1,
                               " of the UNION: ", select.status().message()));
  }
  return branches;
}

// Fails where the SELECTs, each good in itself, make no query.
absl::Status CheckTogether(const QueryTemplate& query,
                           const std::vector<Branch>& branches) {
  if (query.specifiers.size() != branches.size()) {
    return Refuse("%s stands in a comment too");
  }
  const auto columns = [](const Branch& branch) {
    return SplitAtCommas(branch.select.clauses.select_list).size();
  };
  for (const Branch& branch : branches) {
    if (columns(branch) == columns(branches.front())) continue;
    return Refuse("the SELECTs of the UNION differ in their count of columns");
  }
  return absl::OkStatus();
}

// Writes the SELECTs for all keys, one after the other, into a MirrorQuery.
//
// A UNION of them has, for each key, the rows of the UNION for that key: both
// are made from left to right, the types and collations of the value columns
// are the same, and two rows are one if their keys and their values are equal.
// (The caller makes sure that the key columns have one collation, by which
// UNION compares as `column = '%s'` does.)
class MirrorQueryWriter {
 public:
  explicit MirrorQueryWriter(size_t branches) : in_union_(branches > 1) {}

  void Append(const Branch& branch) {
    const SelectClauses& clauses = branch.select.clauses;
    if (!mirror_.branches.empty()) {
      mirror_.sql += branch.all ? " UNION ALL " : " UNION ";
      mirror_.compares_keys = mirror_.compares_keys || !branch.all;
    }
    const size_t begin = mirror_.sql.size();
    if (clauses.limit.has_value()) {
      AppendLimited(branch.select);
    } else {
      AppendWhole(branch.select);
    }
    mirror_.branches.push_back(mirror_.sql.substr(begin));
  }

  MirrorQuery Finish(const std::vector<Branch>& branches) {
    std::vector<TableReference> references;
    for (const Branch& branch : branches) {
      references.insert(references.end(), branch.select.references.begin(),
                        branch.select.references.end());
    }
    mirror_.tables = DistinctTables(references);
    const Branch& first = branches.front();
    mirror_.columns =
        1 + SplitAtCommas(first.select.clauses.select_list).size();
    if (references.size() == 1 && !first.select.clauses.limit.has_value()) {
      mirror_.key_select = SelectOfKeys(first.select);
    }
    return std::move(mirror_);
  }

 private:
  static std::string SelectList(const KeyedSelect& select) {
    return absl::StrCat("SELECT ", SourceText(select.where.key_column), ", ",
                        SourceText(select.clauses.select_list));
  }

  static std::string FromAndWhere(const KeyedSelect& select) {
    std::string sql = absl::StrCat(" FROM ", SourceText(select.clauses.from));
    absl::string_view joint = " WHERE ";
    for (SqlTokens conjunct : select.where.rest) {
      absl::StrAppend(&sql, std::exchange(joint, " AND "),
                      SourceText(conjunct));
    }
    return sql;
  }

  static MirrorQuery::KeySelect SelectOfKeys(const KeyedSelect& select) {
    const SqlTokens column = select.where.key_column;
    const absl::string_view joint =
        select.where.rest.empty() ? "WHERE " : "AND ";
    const SqlTokens order_by = select.clauses.order_by;
    return {.column = UnquotedName(column.back()),
            // A line of its own: what comes before may end in a `--` comment.
            .head = absl::StrCat(SelectList(select), FromAndWhere(select), "\n",
                                 joint, SourceText(column), " IN ("),
            .tail = order_by.empty()
                        ? ")"
                        : absl::StrCat(") ORDER BY ", SourceText(order_by))};
  }

  // In a UNION, the ORDER BY of a SELECT without LIMIT orders nothing.
  void AppendWhole(const KeyedSelect& select) {
    absl::StrAppend(&mirror_.sql, SelectList(select), FromAndWhere(select));
    if (!in_union_) AppendOrder(select);
  }

  // Numbers the rows of each key, by its column's own collation, and takes the
  // first ones. WITH names the columns, whose own names can be the same twice.
  // It stands in a subquery since MariaDB has none in a UNION.
  void AppendLimited(const KeyedSelect& select) {
    mirror_.compares_keys = true;
    std::string columns = "`key`";
    const size_t values = SplitAtCommas(select.clauses.select_list).size();
    for (size_t i = 1; i <= values; ++i) {
      absl::StrAppend(&columns, ", `value_", i, "`");
    }
    const absl::string_view key = SourceText(select.where.key_column);
    absl::StrAppend(&mirror_.sql, "SELECT ", columns,
                    " FROM (WITH `numbered` (", columns,
                    ", `place`) AS (SELECT ", key, ", ",
                    SourceText(select.clauses.select_list),
                    ", ROW_NUMBER() OVER (PARTITION BY ", key);
    AppendOrder(select);
    absl::StrAppend(
        &mirror_.sql, ")", FromAndWhere(select),
        ") SELECT * FROM `numbered`) AS `numbered` WHERE `place` <= ",
        *select.clauses.limit);
    if (!in_union_) mirror_.sql += " ORDER BY `place`";
  }

  // The query's own ORDER BY, or the place where that of the primary key goes.
  void AppendOrder(const KeyedSelect& select) {
    const SqlTokens order_by = select.clauses.order_by;
    if (!order_by.empty()) {
      absl::StrAppend(&mirror_.sql, " ORDER BY ", SourceText(order_by));
    } else if (select.references.size() == 1) {
      const TableReference& table = select.references.front();
      mirror_.orders.push_back({.table = table.name,
                                .alias = table.alias,
                                .offset = mirror_.sql.size()});
    }
  }

  const bool in_union_;
  MirrorQuery mirror_;
};

absl::StatusOr<MirrorQuery> Derive(absl::string_view query) {
  const absl::StatusOr<QueryTemplate> parsed = ParseQueryTemplate(query);
  if (!parsed.ok()) return parsed.status();
  const absl::StatusOr<std::vector<SqlToken>> all = TokenizeSql(parsed->sql);
  if (!all.ok()) return all.status();
  SqlTokens tokens = *all;
  if (!tokens.empty() && tokens.back().IsOperator(";"))
    tokens = tokens.first(tokens.size() - 1);

  absl::Status status = CheckSpecifiers(*parsed);
  if (!status.ok()) return status;
  const absl::StatusOr<std::vector<Branch>> branches =
      ParseBranches(*parsed, tokens);
  if (!branches.ok()) return branches.status();
  status = CheckTogether(*parsed, *branches);
  if (!status.ok()) return status;
  MirrorQueryWriter writer(branches->size());
  for (const Branch& branch : *branches) writer.Append(branch);
  return writer.Finish(*branches);
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
