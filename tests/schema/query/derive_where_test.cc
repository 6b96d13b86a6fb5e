// The traps in WHERE: where the condition on the key is not alone, or only
// looks like it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/schema/query/derivation.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

std::string Where(absl::string_view condition) {
  return DerivedSql(absl::StrCat("SELECT v FROM t WHERE ", condition));
}

TEST(DeriveWhereTest, OrAtTheTopLevelIsRefused) {
  for (const char* where :
       {"k='%s' OR a=1", "a=1 AND k='%s' OR b=2", "k='%s' AND a=1 OR b=2",
        "a=1 OR b=2 AND k='%s'", "k='%s' XOR a", "k='%s' || a"}) {
    EXPECT_THAT(Where(where), HasSubstr("at the top level of WHERE")) << where;
  }
  EXPECT_EQ(Where("(a=1 OR b=2) AND k='%s'"),
            "SELECT k, v FROM t WHERE (a=1 OR b=2)");
}

TEST(DeriveWhereTest, AndOfBetweenJoinsNothing) {
  EXPECT_THAT(
      Where("a BETWEEN 1 AND k='%s'"),
      HasSubstr(
          "the condition \"a BETWEEN 1 AND k='%s'\" is more or other than"));
  EXPECT_THAT(Where("a NOT BETWEEN b BETWEEN 1 AND 2 AND k='%s'"),
              HasSubstr("is more or other than"));
  EXPECT_THAT(Where("k='%s' BETWEEN 1 AND 2"),
              HasSubstr("is more or other than"));
  EXPECT_EQ(Where("a BETWEEN 1 AND 2 AND k='%s' AND b BETWEEN 3 AND 4"),
            "SELECT k, v FROM t WHERE a BETWEEN 1 AND 2 AND b BETWEEN 3 AND 4");
  EXPECT_THAT(Where("k='%s' AND a BETWEEN 1"),
              HasSubstr("BETWEEN without AND"));
}

TEST(DeriveWhereTest, ConditionsInsideOfCaseAreNoConjuncts) {
  EXPECT_THAT(Where("CASE WHEN a AND k='%s' AND b THEN 1 END"),
              HasSubstr("is more or other than"));
  EXPECT_THAT(Where("CASE k='%s' WHEN 1 THEN 1 END"),
              HasSubstr("is more or other than"));
  EXPECT_EQ(Where("CASE WHEN a AND b OR c THEN 1 END AND k='%s'"),
            "SELECT k, v FROM t WHERE CASE WHEN a AND b OR c THEN 1 END");
}

TEST(DeriveWhereTest, ColumnNamedEndCannotEndACase) {
  EXPECT_THAT(Where("CASE WHEN end>1 AND k='%s' AND b THEN 1 END"),
              HasSubstr("END without CASE"));
  EXPECT_THAT(Where("end>1 AND k='%s'"), HasSubstr("END without CASE"));
  EXPECT_THAT(Where("CASE WHEN a THEN 1 AND k='%s'"),
              HasSubstr("CASE without END"));
  EXPECT_EQ(Where("t.end>1 AND `end`<3 AND k='%s'"),
            "SELECT k, v FROM t WHERE t.end>1 AND `end`<3");
}

TEST(DeriveWhereTest, KeyConditionMustStandAlone) {
  for (const char* where : {"x = k = '%s'",
                            "'%s' = a = b",
                            "NOT k='%s'",
                            "! k='%s'",
                            "k='%s' COLLATE utf8mb4_bin",
                            "BINARY k='%s'",
                            "k COLLATE utf8mb4_bin='%s'",
                            "k='%s' IS TRUE",
                            "k='%s'+0",
                            "-k='%s'",
                            "(k='%s')",
                            "(k='%s' AND a=1)",
                            "LOWER(k)='%s'",
                            "k=LOWER('%s')",
                            "k='%s' 'x'",
                            "k=_utf8mb4'%s'",
                            "k=N'%s'",
                            "k=x'%s'",
                            "k=BINARY '%s'",
                            "k='%s' IN (1)",
                            "k='%s' LIKE 1",
                            "k='%s' = 1",
                            "k+0='%s'",
                            "(k)='%s'"}) {
    EXPECT_THAT(Where(where), HasSubstr("is more or other than")) << where;
  }
}

TEST(DeriveWhereTest, OnlyEqualityNamesAKeyColumn) {
  for (const char* where :
       {"k LIKE '%s'", "k IN ('%s')", "k<=>'%s'", "k<>'%s'", "k!='%s'",
        "k>='%s'", "k REGEXP '%s'", "'%s' REGEXP k", "k IN ('%s', '*')",
        "FIND_IN_SET('%s', k)", "k < '%s'"}) {
    EXPECT_THAT(Where(where), HasSubstr("is more or other than column = '%s'"))
        << where;
  }
}

TEST(DeriveWhereTest, ConstantsAreNoColumns) {
  for (const char* where :
       {"NULL='%s'", "TRUE='%s'", "false = '%s'", "1='%s'", "'a'='%s'"}) {
    EXPECT_THAT(Where(where), HasSubstr("is more or other than")) << where;
  }
  EXPECT_THAT(Where("CURRENT_USER='%s'"),
              HasSubstr("depends on the connection"));
}

TEST(DeriveWhereTest, StringMustBeTheKeyAndNothingElse) {
  for (const char* where :
       {"k='@%s'", "k='%s@x'", "k=' %s'", "k='%%%s'", "k='\\%s'"}) {
    EXPECT_THAT(Where(where),
                HasSubstr("is more or other than the key in quotes"))
        << where;
  }
  EXPECT_THAT(Where("k=%s"), HasSubstr("stands outside of quotes"));
  EXPECT_THAT(Where("k=`%s`"), HasSubstr("stands outside of quotes"));
}

TEST(DeriveWhereTest, KeyInACommentAsksForNothing) {
  EXPECT_THAT(Where("a=1 /* k='%s' */"),
              HasSubstr("there is no column = '%s' in it"));
  EXPECT_THAT(Where("a=1 -- AND k='%s'"),
              HasSubstr("there is no column = '%s' in it"));
  EXPECT_THAT(Where("a=1 # AND k='%s'"),
              HasSubstr("there is no column = '%s' in it"));
}

TEST(DeriveWhereTest, CommentMarkInAStringIsText) {
  EXPECT_EQ(Where("a='x -- %%s' AND k='%s'"),
            "SELECT k, v FROM t WHERE a='x -- %s'");
  EXPECT_EQ(Where("a='x # /*' AND k='%s' AND b='*/'"),
            "SELECT k, v FROM t WHERE a='x # /*' AND b='*/'");
  EXPECT_THAT(Where("a='x -- %s' AND k='%s'"),
              HasSubstr("%s stands in it more than once"));
}

TEST(DeriveWhereTest, QuotesInStringsDoNotEndThem) {
  EXPECT_EQ(Where("a='it''s %%' AND k='%s'"),
            "SELECT k, v FROM t WHERE a='it''s %'");
  EXPECT_EQ(Where("a='it\\'s' AND k='%s'"),
            "SELECT k, v FROM t WHERE a='it\\'s'");
  EXPECT_EQ(Where("a='\\\\' AND k='%s'"), "SELECT k, v FROM t WHERE a='\\\\'");
  EXPECT_EQ(Where("a=' AND ' AND k='%s' AND b=\" OR ' \""),
            "SELECT k, v FROM t WHERE a=' AND ' AND b=\" OR ' \"");
}

TEST(DeriveWhereTest, StringThatHidesTheKeyIsSeenThrough) {
  EXPECT_EQ(Where("a='\\' AND k=' AND b='%s'"),
            "SELECT b, v FROM t WHERE a='\\' AND k='");
  EXPECT_THAT(Where("a='x'' AND k=''%s'''"),
              HasSubstr("is more or other than the key in quotes"));
}

TEST(DeriveWhereTest, WordsOfOperatorsInNamesAreNames) {
  EXPECT_EQ(Where("`or`=1 AND t.xor=2 AND k='%s'"),
            "SELECT k, v FROM t WHERE `or`=1 AND t.xor=2");
}

TEST(DeriveWhereTest, EmptyConditionsAreRefused) {
  EXPECT_THAT(Where("AND k='%s'"), HasSubstr("an empty condition"));
  EXPECT_THAT(Where("k='%s' AND"), HasSubstr("an empty condition"));
  EXPECT_THAT(Where("k='%s' AND && a=1"), HasSubstr("an empty condition"));
}

}  // namespace
}  // namespace postmirror
