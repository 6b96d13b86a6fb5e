// What DeriveMirrorQuery makes of the queries that it derives.
#include "schema/query/mirror_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/schema/query/derivation.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(DeriveMirrorQueryTest, KeyColumnComesFirstAndItsConditionGoes) {
  EXPECT_EQ(
      DerivedSql("SELECT destination FROM virtual_aliases WHERE source='%s'"),
      "SELECT source, destination FROM virtual_aliases");
}

TEST(DeriveMirrorQueryTest, TheRestOfWhereStaysAsWritten) {
  EXPECT_EQ(
      DerivedSql(
          "SELECT goto FROM alias WHERE active = '1' AND address='%s' AND  "
          "(a=1  OR b=2) && `c`<3"),
      "SELECT address, goto FROM alias WHERE active = '1' AND (a=1  OR b=2) "
      "AND `c`<3");
}

TEST(DeriveMirrorQueryTest, PercentSignsAreUndone) {
  EXPECT_EQ(DerivedSql(
                "SELECT a %% 2, '%%s' FROM t WHERE c='%s' AND d LIKE 'smtp%%'"),
            "SELECT c, a % 2, '%s' FROM t WHERE d LIKE 'smtp%'");
}

TEST(DeriveMirrorQueryTest, KeyMayStandFirstOrInDoubleQuotes) {
  EXPECT_EQ(DerivedSql("select 1 from t where '%s' = c"), "SELECT c, 1 FROM t");
  EXPECT_EQ(DerivedSql("SELECT 1 FROM t WHERE c = \"%s\""),
            "SELECT c, 1 FROM t");
  EXPECT_EQ(DerivedSql("SELECT 1 FROM t WHERE c = '%S'"), "SELECT c, 1 FROM t");
}

TEST(DeriveMirrorQueryTest, TrailingSemicolonAndCommentsGo) {
  EXPECT_EQ(DerivedSql("/* x */ SELECT a -- first\n, b FROM t WHERE c='%s' # "
                       "end\n ; -- done"),
            "SELECT c, a -- first\n, b FROM t");
}

TEST(DeriveMirrorQueryTest, SingleTableHasPrimaryKeyOrderAndKeyColumn) {
  const auto mirror = DeriveMirrorQuery(
      "SELECT email AS e FROM virtual_users u WHERE u.email='%s'");
  ASSERT_TRUE(mirror.ok());
  EXPECT_EQ(*mirror,
            (MirrorQuery{
                .sql = "SELECT u.email, email AS e FROM virtual_users u",
                .columns = 2,
                .branches = {"SELECT u.email, email AS e FROM virtual_users u"},
                .tables = {{"", "virtual_users"}},
                .orders = {{{"", "virtual_users"}, "`u`", mirror->sql.size()}},
                .key_select = {{.column = "email",
                                .head = "SELECT u.email, email AS e FROM "
                                        "virtual_users u\nWHERE u.email IN (",
                                .tail = ")"}},
                .compares_keys = false,
                .unknown_function = ""}));
}

TEST(DeriveMirrorQueryTest, QuotedAndQualifiedNamesAreUnquoted) {
  const auto mirror = DeriveMirrorQuery(
      "SELECT `a` FROM `mail`.`my``table` WHERE `mail`.`my``table`.`k` = '%s'");
  ASSERT_TRUE(mirror.ok());
  EXPECT_EQ(
      *mirror,
      (MirrorQuery{
          .sql = "SELECT `mail`.`my``table`.`k`, `a` FROM `mail`.`my``table`",
          .columns = 2,
          .branches = {mirror->sql},
          .tables = {{"mail", "my`table"}},
          .orders = {{{"mail", "my`table"}, "`my``table`", mirror->sql.size()}},
          .key_select = {{.column = "k",
                          .head = absl::StrCat(mirror->sql,
                                               "\nWHERE `mail`.`my``table`.`k` "
                                               "IN ("),
                          .tail = ")"}},
          .compares_keys = false,
          .unknown_function = ""}));
}

TEST(DeriveMirrorQueryTest, OwnOrderStaysAndLeavesNoPrimaryKeyOrder) {
  const auto mirror = DeriveMirrorQuery(
      "SELECT a FROM t WHERE k='%s' AND b=1 ORDER BY prio DESC, LOWER(a)");
  ASSERT_TRUE(mirror.ok());
  EXPECT_EQ(mirror->sql,
            "SELECT k, a FROM t WHERE b=1 ORDER BY prio DESC, LOWER(a)");
  EXPECT_THAT(mirror->orders, IsEmpty());
  EXPECT_EQ(mirror->key_select,
            (MirrorQuery::KeySelect{
                .column = "k",
                .head = "SELECT k, a FROM t WHERE b=1\nAND k IN (",
                .tail = ") ORDER BY prio DESC, LOWER(a)"}));
}

TEST(DeriveMirrorQueryTest, OrderByNumberWouldCountTheKeyColumn) {
  for (const char* order : {"1", "b, 2 DESC", "(1)", "TRUE"}) {
    EXPECT_THAT(DeriveRefusal(absl::StrCat(
                    "SELECT a, b FROM t WHERE k='%s' ORDER BY ", order)),
                HasSubstr("counts the columns of the select list"))
        << order;
  }
}

TEST(DeriveMirrorQueryTest, OrderByANameOfTwoColumnsIsRefused) {
  EXPECT_THAT(DeriveRefusal("SELECT a AS k FROM t WHERE k='%s' ORDER BY K"),
              HasSubstr("ORDER BY \"K\" can mean the key column or"));
  EXPECT_THAT(DeriveRefusal("SELECT x.k FROM x, y WHERE y.k='%s' ORDER BY k"),
              HasSubstr("can mean the key column or"));
  EXPECT_THAT(DeriveRefusal("SELECT a 'k' FROM t WHERE k='%s' ORDER BY `k`"),
              HasSubstr("can mean the key column or"));
  EXPECT_EQ(DerivedSql("SELECT k, a FROM t WHERE k='%s' ORDER BY k, a"),
            "SELECT k, k, a FROM t ORDER BY k, a");
  EXPECT_EQ(DerivedSql("SELECT a AS k FROM t WHERE k='%s' ORDER BY a"),
            "SELECT k, a AS k FROM t ORDER BY a");
}

TEST(DeriveMirrorQueryTest, OrderByIsNotCapturedByTheKeyColumn) {
  EXPECT_THAT(DeriveRefusal("SELECT v FROM x, y WHERE y.k='%s' ORDER BY a, k"),
              HasSubstr("ORDER BY \"k\" can mean the key column or"));
  EXPECT_EQ(DerivedSql("SELECT v FROM x, y WHERE y.k='%s' ORDER BY x.k, k2"),
            "SELECT y.k, v FROM x, y ORDER BY x.k, k2");
}

TEST(DeriveMirrorQueryTest, JoinsKeepTheirFromAndHaveNoKeyColumn) {
  const auto mirror = DeriveMirrorQuery(
      "SELECT a.d FROM mail.a LEFT JOIN b ON a.i=b.i JOIN c USING (j), a x "
      "WHERE b.k='%s' AND c.z");
  ASSERT_TRUE(mirror.ok());
  EXPECT_EQ(mirror->sql,
            "SELECT b.k, a.d FROM mail.a LEFT JOIN b ON a.i=b.i JOIN c USING "
            "(j), a x WHERE c.z");
  EXPECT_THAT(mirror->tables,
              ElementsAre(TableName{"mail", "a"}, TableName{"", "b"},
                          TableName{"", "c"}, TableName{"", "a"}));
  EXPECT_THAT(mirror->orders, IsEmpty());
  EXPECT_FALSE(mirror->key_select.has_value());
}

TEST(DeriveMirrorQueryTest, SelfJoinIsNotASingleTable) {
  const auto mirror =
      DeriveMirrorQuery("SELECT y.v FROM t x, t y WHERE x.k='%s' AND x.i=y.p");
  ASSERT_TRUE(mirror.ok());
  EXPECT_THAT(mirror->tables, ElementsAre(TableName{"", "t"}));
  EXPECT_THAT(mirror->orders, IsEmpty());
  EXPECT_FALSE(mirror->key_select.has_value());
}

TEST(DeriveMirrorQueryTest, ParenthesesAroundTheWholeGo) {
  EXPECT_EQ(DerivedSql("(SELECT a FROM t WHERE k='%s' ORDER BY a);"),
            "SELECT k, a FROM t ORDER BY a");
}

TEST(DeriveMirrorQueryTest, LegacyFormIsDerived) {
  EXPECT_EQ(DerivedSql("SELECT forw_addr FROM mxaliases WHERE alias = '%s' AND "
                       "status = 'paid'"),
            "SELECT alias, forw_addr FROM mxaliases WHERE status = 'paid'");
}

}  // namespace
}  // namespace postmirror
