// What DeriveMirrorQuery makes of UNION.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/query/mirror_query.h"
#include "tests/schema/query/derivation.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kTwo[] =
    "SELECT v FROM t WHERE k='%s' UNION SELECT w FROM u WHERE l='%s' AND a=1";

TEST(DeriveUnionTest, EachSelectGetsItsKeyColumn) {
  EXPECT_EQ(DerivedSql(kTwo),
            "SELECT k, v FROM t UNION SELECT l, w FROM u WHERE a=1");
}

TEST(DeriveUnionTest, ParenthesesGo) {
  for (const char* query :
       {"(SELECT v FROM t WHERE k='%s') UNION (SELECT w FROM u WHERE l='%s');",
        "SELECT v FROM t WHERE k='%s' UNION (SELECT w FROM u WHERE l='%s')",
        "(SELECT v FROM t WHERE k='%s') UNION SELECT w FROM u WHERE l='%s'"}) {
    EXPECT_EQ(DerivedSql(query), "SELECT k, v FROM t UNION SELECT l, w FROM u")
        << query;
  }
}

TEST(DeriveUnionTest, AllAndDistinctStayWhereTheyStand) {
  EXPECT_EQ(
      DerivedSql("SELECT v FROM t WHERE k='%s' UNION ALL SELECT v FROM u WHERE "
                 "k='%s' UNION DISTINCT SELECT v FROM w WHERE k='%s' union all "
                 "SELECT v FROM x WHERE k='%s'"),
      "SELECT k, v FROM t UNION ALL SELECT k, v FROM u UNION SELECT k, v FROM "
      "w UNION ALL SELECT k, v FROM x");
}

TEST(DeriveUnionTest, TellsItsSelectsAndTables) {
  const auto mirror = DeriveMirrorQuery(
      "SELECT v FROM t WHERE k='%s' UNION SELECT a.v FROM a JOIN t USING (i) "
      "WHERE a.k='%s'");
  ASSERT_TRUE(mirror.ok()) << mirror.status();
  EXPECT_THAT(mirror->branches,
              ElementsAre("SELECT k, v FROM t",
                          "SELECT a.k, a.v FROM a JOIN t USING (i)"));
  EXPECT_THAT(mirror->tables,
              ElementsAre(TableName{"", "t"}, TableName{"", "a"}));
  EXPECT_THAT(mirror->orders, IsEmpty());
  EXPECT_FALSE(mirror->key_select.has_value());
}

TEST(DeriveUnionTest, TheServerComparesKeysUnlessAllRowsStay) {
  EXPECT_TRUE(DeriveMirrorQuery(kTwo)->compares_keys);
  EXPECT_TRUE(DeriveMirrorQuery(
                  absl::StrCat(kTwo, " UNION ALL SELECT v FROM t WHERE k='%s'"))
                  ->compares_keys);
  EXPECT_FALSE(DeriveMirrorQuery("SELECT v FROM t WHERE k='%s' UNION ALL "
                                 "SELECT v FROM u WHERE k='%s'")
                   ->compares_keys);
}

TEST(DeriveUnionTest, LimitsInParenthesesCountTheRowsOfTheirSelect) {
  const auto mirror = DeriveMirrorQuery(
      "(SELECT v FROM t WHERE k='%s' LIMIT 1) UNION ALL SELECT v FROM u WHERE "
      "k='%s' UNION ALL (SELECT v FROM w WHERE k='%s' LIMIT 3) UNION (SELECT v "
      "FROM x WHERE k='%s' ORDER BY a LIMIT 2)");
  ASSERT_TRUE(mirror.ok()) << mirror.status();
  const auto numbered = [](absl::string_view order, absl::string_view table,
                           int limit) {
    return absl::StrCat(
        "SELECT `key`, `value_1` FROM (WITH `numbered` (`key`, `value_1`, "
        "`place`) AS (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k",
        order, ") FROM ", table,
        ") SELECT * FROM `numbered`) AS `numbered` WHERE `place` <= ", limit);
  };
  EXPECT_THAT(
      mirror->branches,
      ElementsAre(numbered("", "t", 1), "SELECT k, v FROM u",
                  numbered("", "w", 3), numbered(" ORDER BY a", "x", 2)));
  const auto& branches = mirror->branches;
  EXPECT_EQ(mirror->sql,
            absl::StrCat(branches[0], " UNION ALL ", branches[1], " UNION ALL ",
                         branches[2], " UNION ", branches[3]));
  EXPECT_THAT(mirror->orders,
              ElementsAre(
                  MirrorQuery::PrimaryKeyOrder{
                      {"", "t"}, "`t`", mirror->sql.find(") FROM t")},
                  MirrorQuery::PrimaryKeyOrder{
                      {"", "w"}, "`w`", mirror->sql.find(") FROM w")}));
}

TEST(DeriveUnionTest, AnOrderWithoutALimitOrdersNothing) {
  EXPECT_EQ(
      DerivedSql("(SELECT v FROM t WHERE k='%s' ORDER BY a) UNION (SELECT "
                 "v FROM u WHERE k='%s')"),
      "SELECT k, v FROM t UNION SELECT k, v FROM u");
}

TEST(DeriveUnionTest, OrderAndLimitOfTheWholeAreRefused) {
  for (const char* tail : {"ORDER BY v", "LIMIT 1", "order by v limit 1"}) {
    for (const char* last :
         {"SELECT v FROM u WHERE k='%s'", "(SELECT v FROM u WHERE k='%s')"}) {
      EXPECT_THAT(
          DeriveRefusal(absl::StrCat("SELECT v FROM t WHERE k='%s' UNION ",
                                     last, " ", tail)),
          HasSubstr("behind a UNION is that of all its SELECTs together"))
          << last << tail;
    }
  }
}

TEST(DeriveUnionTest, DifferentCountsOfColumnsAreRefused) {
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' UNION SELECT v, "
                            "CONCAT(w, x) FROM u WHERE k='%s'"),
              HasSubstr("differ in their count of columns"));
  EXPECT_EQ(DerivedSql("SELECT v FROM t WHERE k='%s' UNION SELECT CONCAT(w, x) "
                       "FROM u WHERE k='%s'"),
            "SELECT k, v FROM t UNION SELECT k, CONCAT(w, x) FROM u");
}

TEST(DeriveUnionTest, EachSelectMustBeDerivableByItself) {
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' UNION SELECT v FROM u"
                            " WHERE k LIKE '%s'"),
              HasSubstr("SELECT number 2 of the UNION: the condition"));
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' AND l='%s' UNION "
                            "SELECT v FROM u WHERE a=1"),
              HasSubstr("SELECT number 1 of the UNION: %s stands in it more "
                        "than once"));
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' UNION SELECT v FROM u"
                            " WHERE a=1"),
              HasSubstr("SELECT number 2 of the UNION: there is no column = "
                        "'%s' in it"));
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' UNION SELECT "
                            "MAX(v) FROM u WHERE k='%s'"),
              HasSubstr("\"MAX\" makes one row out of several"));
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' UNION SELECT v FROM u"
                            " WHERE k='%u'"),
              HasSubstr("%u asks for a part of the key"));
}

TEST(DeriveUnionTest, OtherFormsAreRefused) {
  for (const char* query :
       {"SELECT v FROM t WHERE k='%s' UNION",
        "SELECT v FROM t WHERE k='%s' UNION ALL",
        "SELECT v FROM t WHERE k='%s' UNION VALUES ('%s')",
        "SELECT v FROM t WHERE k='%s' UNION (WITH x AS (SELECT 1) SELECT 2)",
        "SELECT v FROM t WHERE k='%s' UNION ((SELECT v FROM u))"}) {
    EXPECT_THAT(DeriveRefusal(query),
                HasSubstr("something else than SELECT follows"))
        << query;
  }
  for (const char* word : {"EXCEPT", "INTERSECT"}) {
    EXPECT_THAT(
        DeriveRefusal(absl::StrCat("SELECT v FROM t WHERE k='%s' ", word,
                                   " SELECT v FROM u WHERE k='%s'")),
        HasSubstr("is more than a UNION of SELECTs"));
    EXPECT_THAT(
        DeriveRefusal(absl::StrCat("(SELECT v FROM t WHERE k='%s') ", word,
                                   " (SELECT v FROM u WHERE k='%s')")),
        HasSubstr("follows a SELECT in parentheses"));
  }
  EXPECT_THAT(DeriveRefusal("(SELECT v FROM t WHERE k='%s' UNION SELECT v FROM "
                            "u WHERE k='%s') UNION SELECT v FROM w WHERE "
                            "k='%s'"),
              HasSubstr("UNION inside of parentheses is not derived"));
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' /* %s */"),
              HasSubstr("stands in a comment too"));
}

}  // namespace
}  // namespace postmirror
