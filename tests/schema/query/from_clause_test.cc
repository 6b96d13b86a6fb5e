#include "schema/query/from_clause.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Each table as "database.table alias"; the database only if it is written.
std::vector<std::string> Tables(absl::string_view sql) {
  const auto tokens = TokenizeSql(sql);
  if (!tokens.ok()) return {std::string(tokens.status().message())};
  const auto references = TablesRead(*tokens);
  if (!references.ok()) return {std::string(references.status().message())};
  std::vector<std::string> shown;
  for (const TableReference& reference : *references) {
    shown.push_back(absl::StrCat(reference.name.database,
                                 reference.name.database.empty() ? "" : ".",
                                 reference.name.table, " ", reference.alias));
  }
  return shown;
}

TEST(FromClauseTest, TableIsCalledByItsAliasOrItsName) {
  EXPECT_THAT(Tables("SELECT 1 FROM t WHERE a"), ElementsAre("t `t`"));
  EXPECT_THAT(Tables("SELECT 1 FROM t AS x"), ElementsAre("t `x`"));
  EXPECT_THAT(Tables("SELECT 1 FROM `my t` `x``y` ORDER BY a"),
              ElementsAre("my t `x``y`"));
  EXPECT_THAT(Tables("SELECT 1 FROM mail.`order` WHERE a"),
              ElementsAre("mail.order `order`"));
  EXPECT_THAT(Tables("SELECT 1 FROM mail . t u"), ElementsAre("mail.t `u`"));
}

TEST(FromClauseTest, JoinsOfEveryKindAreFollowed) {
  EXPECT_THAT(Tables("SELECT 1 FROM a, b x INNER JOIN c ON f(a.i, 1) = c.i "
                     "LEFT OUTER JOIN d "
                     "USING (i, j) NATURAL JOIN e CROSS JOIN g RIGHT JOIN h ON "
                     "1 STRAIGHT_JOIN k"),
              ElementsAre("a `a`", "b `x`", "c `c`", "d `d`", "e `e`", "g `g`",
                          "h `h`", "k `k`"));
}

TEST(FromClauseTest, TablesInParenthesesAreFound) {
  EXPECT_THAT(
      Tables(
          "SELECT 1 FROM (a, (b JOIN c ON (a.i = b.i))) LEFT JOIN (d) ON 1, e"),
      ElementsAre("a `a`", "b `b`", "c `c`", "d `d`", "e `e`"));
}

TEST(FromClauseTest, IndexHintsAndPartitionsNameNoTable) {
  EXPECT_THAT(
      Tables(
          "SELECT 1 FROM a USE INDEX (i, j), b PARTITION (p0) x FORCE KEY (k), "
          "c IGNORE INDEX FOR ORDER BY (l), d"),
      ElementsAre("a `a`", "b `x`", "c `c`", "d `d`"));
}

TEST(FromClauseTest, SubqueriesAreFollowedEverywhere) {
  EXPECT_THAT(
      Tables("SELECT (SELECT 1 FROM s) FROM (SELECT * FROM d) x, e "
             "WHERE i IN (SELECT j FROM f WHERE EXISTS (SELECT 1 FROM g, h))"),
      ElementsAre("s `s`", "e `e`", "d `d`", "f `f`", "g `g`", "h `h`"));
}

TEST(FromClauseTest, EverySelectOfAUnionIsFollowed) {
  EXPECT_THAT(Tables("(SELECT 1 FROM a) UNION ALL (SELECT 1 FROM b LIMIT 1) "
                     "EXCEPT SELECT 1 "
                     "FROM c INTERSECT SELECT 1 FROM d"),
              ElementsAre("a `a`", "b `b`", "c `c`", "d `d`"));
}

TEST(FromClauseTest, CommonTableExpressionsCountAsTables) {
  EXPECT_THAT(Tables("WITH x AS (SELECT * FROM a) SELECT 1 FROM x"),
              ElementsAre("a `a`", "x `x`"));
}

TEST(FromClauseTest, FromOfAFunctionNamesNoTable) {
  EXPECT_THAT(Tables("SELECT TRIM('x' FROM a), EXTRACT(YEAR FROM b) FROM t"),
              ElementsAre("t `t`"));
  EXPECT_THAT(Tables("SELECT 1, 2"), IsEmpty());
}

TEST(FromClauseTest, TableFunctionsNameNoTable) {
  EXPECT_THAT(Tables("SELECT 1 FROM a, JSON_TABLE(a.j, '$' COLUMNS (x INT PATH "
                     "'$')) AS jt, b"),
              ElementsAre("a `a`", "b `b`"));
}

TEST(FromClauseTest, MissingTableIsAnError) {
  for (const char* sql :
       {"SELECT 1 FROM", "SELECT 1 FROM a,", "SELECT 1 FROM a JOIN WHERE b",
        "SELECT 1 FROM 'a'", "SELECT 1 FROM ()", "SELECT 1 FROM 5"}) {
    EXPECT_THAT(Tables(sql), ElementsAre(HasSubstr("a table is missing")))
        << sql;
  }
}

TEST(FromClauseTest, DistinctTablesKeepTheOrderOfMention) {
  EXPECT_THAT(DistinctTables(
                  {{{"", "b"}, "`x`"}, {{"", "a"}, "`a`"}, {{"", "b"}, "`y`"}}),
              ElementsAre(TableName{"", "b"}, TableName{"", "a"}));
}

}  // namespace
}  // namespace postmirror
