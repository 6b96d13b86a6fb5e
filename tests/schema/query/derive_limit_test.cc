// What DeriveMirrorQuery makes of LIMIT.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/query/mirror_query.h"
#include "tests/schema/query/derivation.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(DeriveLimitTest, RowsOfAKeyAreNumberedInTheOrderOfTheQuery) {
  EXPECT_EQ(DerivedSql("SELECT v FROM t WHERE k='%s' AND a=1 ORDER BY prio "
                       "DESC, v LIMIT 2"),
            "SELECT `key`, `value_1` FROM (WITH `numbered` (`key`, `value_1`, "
            "`place`) AS (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER "
            "BY prio DESC, v) FROM t WHERE a=1) SELECT * FROM `numbered`) AS "
            "`numbered` WHERE `place` <= 2 ORDER BY `place`");
}

TEST(DeriveLimitTest, WithoutAnOrderThePrimaryKeyNumbersThem) {
  const auto mirror =
      DeriveMirrorQuery("SELECT v FROM mail.t u WHERE u.k='%s' LIMIT 1");
  ASSERT_TRUE(mirror.ok()) << mirror.status();
  ASSERT_THAT(mirror->orders,
              ElementsAre(MirrorQuery::PrimaryKeyOrder{
                  {"mail", "t"}, "`u`", mirror->sql.find(") FROM mail.t")}));
  EXPECT_EQ(mirror->sql.substr(0, mirror->orders[0].offset),
            "SELECT `key`, `value_1` FROM (WITH `numbered` (`key`, `value_1`, "
            "`place`) AS (SELECT u.k, v, ROW_NUMBER() OVER (PARTITION BY u.k");
  EXPECT_FALSE(mirror->key_select.has_value());
  EXPECT_THAT(mirror->tables, ElementsAre(TableName{"mail", "t"}));
  EXPECT_THAT(mirror->branches, ElementsAre(mirror->sql));
}

TEST(DeriveLimitTest, JoinsHaveNoOrderToBeNumberedIn) {
  const auto mirror = DeriveMirrorQuery(
      "SELECT a.v FROM a, b WHERE a.k='%s' AND a.i=b.i LIMIT 1");
  ASSERT_TRUE(mirror.ok()) << mirror.status();
  EXPECT_THAT(mirror->sql, HasSubstr("OVER (PARTITION BY a.k) FROM a, b WHERE "
                                     "a.i=b.i) SELECT"));
  EXPECT_THAT(mirror->orders, IsEmpty());
  EXPECT_FALSE(mirror->key_select.has_value());
}

TEST(DeriveLimitTest, ColumnsOfOneNameGetNamesOfOurs) {
  EXPECT_THAT(DerivedSql("SELECT k, k AS x, a.k FROM a WHERE k='%s' LIMIT 1"),
              HasSubstr("WITH `numbered` (`key`, `value_1`, `value_2`, "
                        "`value_3`, `place`) AS (SELECT k, k, k AS x, a.k, "));
}

TEST(DeriveLimitTest, TheServerComparesTheKeysOfALimit) {
  EXPECT_TRUE(
      DeriveMirrorQuery("SELECT v FROM t WHERE k='%s' LIMIT 1")->compares_keys);
  EXPECT_FALSE(
      DeriveMirrorQuery("SELECT v FROM t WHERE k='%s'")->compares_keys);
}

TEST(DeriveLimitTest, OtherThanOneNumberOfRowsIsRefused) {
  for (const char* limit :
       {"LIMIT", "LIMIT 0, 1", "LIMIT 1 OFFSET 2", "LIMIT 5, 1",
        "LIMIT ROWS EXAMINED 9", "LIMIT 1 ROWS EXAMINED 9", "LIMIT n",
        "LIMIT '1'", "LIMIT 0x1", "LIMIT 1.5", "LIMIT -1",
        "LIMIT 18446744073709551616", "LIMIT 1 LIMIT 2",
        "LIMIT 1 ORDER BY v"}) {
    EXPECT_THAT(
        DeriveRefusal(absl::StrCat("SELECT v FROM t WHERE k='%s' ", limit)),
        HasSubstr("is more or other than one number of rows"))
        << limit;
  }
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' LIMIT 0"),
              HasSubstr("LIMIT 0 leaves no row"));
}

TEST(DeriveLimitTest, OrderByAnItemOfTheSelectListIsRefused) {
  // In OVER (), b is the column, and p is none at all.
  for (const char* query :
       {"SELECT a AS b FROM t WHERE k='%s' ORDER BY b LIMIT 1",
        "SELECT a B FROM t WHERE k='%s' ORDER BY c, `b` DESC LIMIT 1",
        "SELECT a 'b' FROM t WHERE k='%s' ORDER BY LOWER(b) LIMIT 1",
        "SELECT 'b' FROM t WHERE k='%s' ORDER BY b LIMIT 1",
        "SELECT c, -a AS b FROM t WHERE k='%s' ORDER BY b LIMIT 1",
        "SELECT x.b FROM x, y WHERE x.k='%s' ORDER BY b LIMIT 1"}) {
    EXPECT_THAT(DeriveRefusal(query),
                HasSubstr("with LIMIT can mean an item of the select list"))
        << query;
  }
  EXPECT_THAT(DeriveRefusal("SELECT a FROM t WHERE k='%s' ORDER BY 1 LIMIT 1"),
              HasSubstr("counts the columns of the select list"));
}

TEST(DeriveLimitTest, OrderByAColumnIsKept) {
  for (const char* query :
       {"SELECT b FROM t WHERE k='%s' ORDER BY b LIMIT 1",
        "SELECT t.b FROM t WHERE k='%s' ORDER BY b LIMIT 1",
        "SELECT a AS b FROM t WHERE k='%s' ORDER BY t.b LIMIT 1",
        "SELECT a AS c FROM t WHERE k='%s' ORDER BY b LIMIT 1",
        "SELECT x.b FROM x, y WHERE x.k='%s' ORDER BY x.b LIMIT 1"}) {
    EXPECT_THAT(DerivedSql(query), HasSubstr("SELECT * FROM `numbered`"))
        << query;
  }
}

}  // namespace
}  // namespace postmirror
