// What ParseMirrorQuery takes and refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/query/mirror_query.h"
#include "tests/schema/query/derivation.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::string ParseRefusal(absl::string_view sql) {
  return ReasonOf(ParseMirrorQuery(sql));
}

TEST(ParseMirrorQueryTest, TakesTheTextAsItIs) {
  EXPECT_EQ(SqlOf(ParseMirrorQuery(
                " SELECT a, b  FROM t WHERE c LIKE 'x%' AND d LIKE '%%' ; ")),
            "SELECT a, b  FROM t WHERE c LIKE 'x%' AND d LIKE '%%'");
}

TEST(ParseMirrorQueryTest, NoCommentIsLeftAtTheEnd) {
  EXPECT_EQ(SqlOf(ParseMirrorQuery("/* x */ SELECT a, b FROM t -- end")),
            "SELECT a, b FROM t");
}

TEST(ParseMirrorQueryTest, UnionOfSelectsIsTaken) {
  const auto mirror = ParseMirrorQuery(
      "SELECT email, email FROM virtual_users UNION SELECT source, destination "
      "FROM "
      "mail.virtual_aliases");
  ASSERT_TRUE(mirror.ok());
  EXPECT_THAT(mirror->tables,
              ElementsAre(TableName{"", "virtual_users"},
                          TableName{"mail", "virtual_aliases"}));
  EXPECT_THAT(mirror->branches,
              ElementsAre("SELECT email, email FROM virtual_users",
                          "SELECT source, destination FROM "
                          "mail.virtual_aliases"));
  EXPECT_THAT(mirror->orders, IsEmpty());
  EXPECT_FALSE(mirror->key_select.has_value());
}

TEST(ParseMirrorQueryTest, JoinsSubqueriesFunctionsAndWithAreTaken) {
  for (const char* sql :
       {"SELECT CONCAT(u, n), v FROM d JOIN (SELECT * FROM u) x USING (i), y",
        "(SELECT a, b FROM t) UNION ALL (SELECT c, d FROM u)",
        "((SELECT a, b FROM t))",
        "SELECT a, GROUP_CONCAT(b) FROM t GROUP BY a HAVING COUNT(*) > 1",
        "SELECT a, mail.expand(b) FROM t", "SELECT * FROM t",
        "SELECT t.* FROM t",
        "WITH x (a) AS (SELECT 1 FROM t), y AS (SELECT 3) SELECT a, 2 FROM x",
        "WITH x AS (SELECT 1) (SELECT a, b FROM x)",
        "SELECT DISTINCT a, b FROM t"}) {
    EXPECT_EQ(SqlOf(ParseMirrorQuery(sql)), sql);
  }
}

TEST(ParseMirrorQueryTest, PlainSingleTableHasPrimaryKeyOrder) {
  const auto mirror =
      ParseMirrorQuery("SELECT u.`k`, CONCAT(a, b) FROM t u WHERE c = 1");
  ASSERT_TRUE(mirror.ok());
  EXPECT_THAT(mirror->orders, ElementsAre(MirrorQuery::PrimaryKeyOrder{
                                  {"", "t"}, "`u`", mirror->sql.size()}));
  EXPECT_THAT(mirror->branches, ElementsAre(mirror->sql));
  EXPECT_EQ(mirror->key_select,
            (MirrorQuery::KeySelect{
                .column = "k",
                .head = "SELECT u.`k`, CONCAT(a, b) FROM t u\nWHERE (c = 1\n) "
                        "AND u.`k` IN (",
                .tail = ")"}));
}

TEST(ParseMirrorQueryTest, ExpressionAsKeyHasNoKeyColumn) {
  const auto mirror = ParseMirrorQuery("SELECT CONCAT(a, '@', b), c FROM t");
  ASSERT_TRUE(mirror.ok());
  EXPECT_THAT(mirror->orders, SizeIs(1));
  EXPECT_FALSE(mirror->key_select.has_value());
}

TEST(ParseMirrorQueryTest, OtherFormsKeepTheirOwnOrder) {
  for (const char* sql :
       {"SELECT a, b FROM t ORDER BY c", "SELECT DISTINCT a, b FROM t",
        "SELECT a, b FROM t, u", "SELECT a, MAX(b) FROM t",
        "SELECT a, b FROM t GROUP BY a", "(SELECT a, b FROM t)",
        "SELECT a, b FROM (SELECT * FROM t) x", "SELECT a, b FROM t x, t y",
        "SELECT a, RANK() OVER (ORDER BY b) FROM t", "SELECT a, mine(b) FROM t",
        "WITH x AS (SELECT 1) SELECT a, b FROM t"}) {
    const auto mirror = ParseMirrorQuery(sql);
    ASSERT_TRUE(mirror.ok()) << mirror.status();
    EXPECT_THAT(mirror->orders, IsEmpty()) << sql;
    EXPECT_FALSE(mirror->key_select.has_value()) << sql;
  }
}

TEST(ParseMirrorQueryTest, OneColumnIsTooFew) {
  for (const char* sql :
       {"SELECT a FROM t", "SELECT CONCAT(a, b) FROM t", "(SELECT a FROM t)",
        "SELECT a FROM t UNION SELECT b, c FROM u",
        "SELECT (SELECT a, b) FROM t",
        "WITH x AS (SELECT a, b FROM t) SELECT a FROM x"}) {
    EXPECT_THAT(ParseRefusal(sql), HasSubstr("it needs two columns or more"))
        << sql;
  }
  EXPECT_THAT(ParseRefusal("SELECT a, FROM t"),
              HasSubstr("a column is missing"));
}

TEST(ParseMirrorQueryTest, SpecifiersAreRefused) {
  for (const char* string :
       {"'%s'", "\"%s\"", "'%u'", "'%d'", "'%S'", "'%1'", "'%u@%d'", "'@%d'"}) {
    EXPECT_THAT(
        ParseRefusal(absl::StrCat("SELECT a, b FROM t WHERE a=", string)),
        AllOf(StartsWith("mirror_query cannot be mirrored: "),
              HasSubstr(string), HasSubstr("has no meaning here")));
  }
  for (const char* string :
       {"'%'", "'x%d'", "'%x'", "'smtp%'", "'@'", "''", "'%d %m'"}) {
    EXPECT_TRUE(ParseMirrorQuery(
                    absl::StrCat("SELECT a, b FROM t WHERE a LIKE ", string))
                    .ok())
        << string;
  }
}

TEST(ParseMirrorQueryTest, WhatChangesByItselfIsRefused) {
  EXPECT_THAT(ParseRefusal("SELECT a, b FROM t WHERE c > NOW()"),
              HasSubstr("the function \"NOW\" changes with time"));
  EXPECT_THAT(ParseRefusal("SELECT a, (SELECT CURRENT_DATE) FROM t"),
              HasSubstr("changes with time"));
  EXPECT_THAT(ParseRefusal("SELECT a, RAND() FROM t"),
              HasSubstr("the function \"RAND\""));
  EXPECT_THAT(ParseRefusal("SELECT a, @x FROM t"), HasSubstr("a variable (@)"));
  EXPECT_THAT(ParseRefusal("SELECT a, b FROM t WHERE c = ?"),
              HasSubstr("a placeholder"));
}

TEST(ParseMirrorQueryTest, OnlyReadingStatementsAreTaken) {
  for (const char* sql :
       {"", "DELETE FROM t", "VALUES (1, 2)", "CALL p()", "SET @a = 1, b = 2",
        "WITH x AS (SELECT 1, 2) DELETE FROM t", "EXPLAIN SELECT a, b FROM t",
        "(VALUES (1, 2))"}) {
    EXPECT_THAT(ParseRefusal(sql), HasSubstr("it is not a SELECT")) << sql;
  }
  EXPECT_THAT(ParseRefusal("SELECT a, b FROM t; SELECT 1"),
              HasSubstr("more than one statement"));
  EXPECT_THAT(ParseRefusal("SELECT a, b INTO OUTFILE 'x' FROM t"),
              HasSubstr("INTO does more"));
  EXPECT_THAT(ParseRefusal("SELECT a, b FROM t FOR UPDATE"),
              HasSubstr("FOR does more"));
  EXPECT_THAT(ParseRefusal("SELECT a, NEXT VALUE FOR s FROM t"),
              HasSubstr("FOR does more"));
  EXPECT_THAT(ParseRefusal("SELECT a, b FROM t LOCK IN SHARE MODE"),
              HasSubstr("takes a lock"));
  EXPECT_THAT(ParseRefusal("SELECT a, SLEEP(9) FROM t"),
              HasSubstr("\"SLEEP\""));
}

TEST(ParseMirrorQueryTest, AFunctionThatIsNotKnownIsNamed) {
  EXPECT_EQ(ParseMirrorQuery("SELECT k, v FROM t")->unknown_function, "");
  EXPECT_EQ(ParseMirrorQuery("SELECT LOWER(k), v FROM t")->unknown_function,
            "");
  EXPECT_EQ(ParseMirrorQuery("SELECT k, my_value(v) FROM t")->unknown_function,
            "my_value");
}

TEST(ParseMirrorQueryTest, SaysWhetherTheServerComparesKeys) {
  for (const char* sql :
       {"SELECT a, b FROM t UNION SELECT c, d FROM u",
        "SELECT DISTINCT a, b FROM t", "SELECT a, MAX(b) FROM t GROUP BY a",
        "SELECT a, n FROM (SELECT a, RANK() OVER (PARTITION BY a) n FROM t) x",
        "SELECT a, b FROM t EXCEPT SELECT c, d FROM u"}) {
    EXPECT_TRUE(ParseMirrorQuery(sql)->compares_keys) << sql;
  }
  for (const char* sql :
       {"SELECT a, b FROM t", "SELECT a, b FROM t JOIN u USING (c)",
        "SELECT a, b FROM t UNION ALL SELECT c, d FROM u"}) {
    EXPECT_FALSE(ParseMirrorQuery(sql)->compares_keys) << sql;
  }
}

TEST(ParseMirrorQueryTest, LimitWouldLeaveKeysOut) {
  for (const char* sql :
       {"SELECT a, b FROM t LIMIT 1",
        "(SELECT a, b FROM t LIMIT 1) UNION (SELECT a, b FROM u)",
        "SELECT a, b FROM t UNION ALL (SELECT a, b FROM u LIMIT 1)",
        "(SELECT a, b FROM t UNION ((SELECT a, b FROM u FETCH NEXT ROW ONLY)))",
        "WITH x AS (SELECT 1) (SELECT a, b FROM x LIMIT 1)",
        "SELECT a, b FROM t UNION SELECT a, b FROM u LIMIT 5"}) {
    EXPECT_THAT(ParseRefusal(sql),
                HasSubstr("would leave keys out of the mirror"))
        << sql;
  }
  for (const char* sql :
       {"SELECT a, (SELECT b FROM u LIMIT 1) FROM t",
        "SELECT a, COALESCE((SELECT b FROM u LIMIT 1)) FROM t",
        "SELECT a, t.limit FROM t"}) {
    EXPECT_EQ(SqlOf(ParseMirrorQuery(sql)), sql);
  }
}

TEST(ParseMirrorQueryTest, ExecutableCommentsAreRefused) {
  EXPECT_THAT(ParseRefusal("SELECT a, b FROM t /*! LIMIT 1 */"),
              HasSubstr("an executable comment"));
}

}  // namespace
}  // namespace postmirror
