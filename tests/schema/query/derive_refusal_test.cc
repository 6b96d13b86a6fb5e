// What DeriveMirrorQuery refuses wherever it stands, each with its reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string.h>

#include "tests/schema/query/derivation.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(DeriveRefusalTest, IsOneLineWithTheReasonAndTheCure) {
  EXPECT_EQ(DeriveRefusal("SELECT v FROM t\nWHERE k='%s'\nGROUP BY v"),
            "no mirror query can be derived from the query: GROUP would merge "
            "the rows of all keys "
            "instead of one; add a line \"mirror_query = SELECT <key>, <value> "
            "FROM ...\" to the "
            "same file (Postfix ignores it)");
}

TEST(DeriveRefusalTest, QuotesForeignTextOnOneLineAndBounded) {
  const std::string refusal = DeriveRefusal(absl::StrCat(
      "SELECT v FROM t WHERE k=\n'%s' + ", std::string(9000, 'x')));
  EXPECT_THAT(refusal,
              AllOf(StartsWith("no mirror query"), Not(HasSubstr("\n")),
                    EndsWith("(Postfix ignores it)")));
  EXPECT_LT(refusal.size(), 400u);
}

TEST(DeriveRefusalTest, OtherStatementsAreRefused) {
  for (const char* query :
       {"", ";", "-- x", "UPDATE t SET a=1 WHERE k='%s'", "CALL p('%s')",
        "((SELECT v FROM t WHERE k='%s'))", "()", "SHOW TABLES",
        "WITH x AS (SELECT 1) SELECT v FROM t WHERE k='%s'"}) {
    EXPECT_THAT(DeriveRefusal(query), HasSubstr("does not begin with SELECT"))
        << query;
  }
}

TEST(DeriveRefusalTest, SeveralStatementsAreRefused) {
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s'; DROP TABLE t"),
              HasSubstr("more than one statement"));
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s';;"),
              HasSubstr("more than one statement"));
}

TEST(DeriveRefusalTest, OtherFormsAreRefused) {
  for (const char* query :
       {"SELECT '%s'", "SELECT v WHERE k='%s'", "SELECT v FROM t ORDER BY '%s'",
        "SELECT v FROM t ORDER BY a WHERE k='%s'",
        "SELECT v FROM t WHERE k='%s' ORDER BY a FROM u",
        "SELECT v WHERE k='%s' FROM t"}) {
    EXPECT_THAT(DeriveRefusal(query), HasSubstr("it is not of the form"))
        << query;
  }
  EXPECT_THAT(DeriveRefusal("SELECT FROM t WHERE k='%s'"),
              HasSubstr("a column is missing"));
  EXPECT_THAT(DeriveRefusal("SELECT a,,b FROM t WHERE k='%s'"),
              HasSubstr("a column is missing"));
  EXPECT_THAT(DeriveRefusal("SELECT a FROM WHERE k='%s'"),
              HasSubstr("a table is missing"));
  EXPECT_THAT(DeriveRefusal("SELECT a FROM t WHERE k='%s' ORDER BY"),
              HasSubstr("ORDER without"));
}

TEST(DeriveRefusalTest, KeyOutsideOfWhereIsRefused) {
  for (const char* query : {"SELECT '%s' FROM t WHERE a=1",
                            "SELECT v FROM t JOIN u ON u.k='%s' WHERE a=1",
                            "SELECT v FROM t WHERE a=1 ORDER BY k='%s'"}) {
    EXPECT_THAT(DeriveRefusal(query),
                HasSubstr("stands outside of the WHERE clause"))
        << query;
  }
}

TEST(DeriveRefusalTest, QueryWithoutKeyIsRefused) {
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%%s'"),
              HasSubstr("no column is the key"));
}

TEST(DeriveRefusalTest, PartsOfTheKeyAreRefused) {
  for (const char* letter : {"u", "d", "U", "D", "1", "9"}) {
    EXPECT_THAT(
        DeriveRefusal(absl::StrCat("SELECT v FROM t WHERE k='%", letter, "'")),
        HasSubstr(absl::StrCat("%", letter, " asks for a part of the key")));
  }
  EXPECT_THAT(DeriveRefusal("SELECT CONCAT(home, '%d/%u') FROM t WHERE k='%s'"),
              HasSubstr("%d asks for a part of the key"));
}

TEST(DeriveRefusalTest, PartsOfTheKeyAreRefusedWithAWayToEnumerate) {
  EXPECT_EQ(DeriveRefusal("SELECT v FROM t WHERE k=CONCAT('%u', '@', d)"),
            "no mirror query can be derived from the query: %u asks for a part "
            "of the key, not for a column's whole value: the mirror query has "
            "to put whole keys together, such as CONCAT(local_part, '@', "
            "domain); add a line \"mirror_query = SELECT <key>, <value> FROM "
            "...\" to the same file (Postfix ignores it)");
}

TEST(DeriveRefusalTest, TwoKeysAreRefused) {
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' AND l='%s'"),
              HasSubstr("more than once"));
  EXPECT_THAT(DeriveRefusal("SELECT '%s' FROM t WHERE k='%s'"),
              HasSubstr("more than once"));
}

TEST(DeriveRefusalTest, LonePercentIsRefused) {
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' AND a LIKE 'x%'"),
              HasSubstr("a lone % at \"%'\""));
}

TEST(DeriveRefusalTest, WhatCountsOrMergesRowsIsRefused) {
  for (const char* query : {"SELECT v FROM t WHERE k='%s' GROUP BY v",
                            "SELECT v FROM t WHERE k='%s' HAVING v",
                            "SELECT DISTINCT v FROM t WHERE k='%s'"}) {
    EXPECT_THAT(DeriveRefusal(query),
                HasSubstr("would merge the rows of all keys"))
        << query;
  }
  for (const char* query :
       {"SELECT ROW_NUMBER() OVER () FROM t WHERE k='%s'",
        "SELECT v FROM t WHERE k='%s' FETCH FIRST ROW ONLY"}) {
    EXPECT_THAT(DeriveRefusal(query),
                HasSubstr("would count the rows of all keys"))
        << query;
  }
  EXPECT_THAT(DeriveRefusal("SELECT MAX(v) FROM t WHERE k='%s'"),
              HasSubstr("the function \"MAX\" makes one row out of several"));
  EXPECT_THAT(DeriveRefusal("SELECT COUNT(*) FROM t WHERE k='%s'"),
              HasSubstr("\"COUNT\""));
}

TEST(DeriveRefusalTest, SubqueriesAreRefused) {
  for (const char* query :
       {"SELECT (SELECT 1 FROM u) FROM t WHERE k='%s'",
        "SELECT v FROM (SELECT * FROM t) x WHERE k='%s'",
        "SELECT v FROM t WHERE k='%s' AND EXISTS (SELECT 1 FROM u)",
        "SELECT v FROM t WHERE k IN (SELECT k FROM u WHERE l='%s')"}) {
    EXPECT_THAT(DeriveRefusal(query), HasSubstr("begins a subquery")) << query;
  }
}

TEST(DeriveRefusalTest, ModifiersAndLocksAreRefused) {
  for (const char* word :
       {"SQL_CALC_FOUND_ROWS", "SQL_NO_CACHE", "STRAIGHT_JOIN", "HIGH_PRIORITY",
        "ALL", "SQL_BUFFER_RESULT"}) {
    EXPECT_THAT(
        DeriveRefusal(absl::StrCat("SELECT ", word, " v FROM t WHERE k='%s'")),
        HasSubstr(absl::StrCat(word, " is a modifier")));
  }
  for (const char* tail : {"FOR UPDATE", "LOCK IN SHARE MODE", "INTO @x",
                           "INTO OUTFILE 'x'", "PROCEDURE ANALYSE()"}) {
    EXPECT_THAT(
        DeriveRefusal(absl::StrCat("SELECT v FROM t WHERE k='%s' ", tail)),
        StartsWith("no mirror query"))
        << tail;
  }
}

TEST(DeriveRefusalTest, EveryColumnIsRefused) {
  for (const char* list : {"*", "t.*", "v, t.*", "*, v"}) {
    EXPECT_THAT(
        DeriveRefusal(absl::StrCat("SELECT ", list, " FROM t WHERE k='%s'")),
        HasSubstr("changes with the table: name the columns"))
        << list;
  }
  EXPECT_EQ(DerivedSql("SELECT quota*1024 FROM t WHERE k='%s'"),
            "SELECT k, quota*1024 FROM t");
}

TEST(DeriveRefusalTest, WhatChangesByItselfIsRefusedByName) {
  for (const char* call :
       {"NOW()", "CURRENT_TIMESTAMP", "UNIX_TIMESTAMP()", "RAND()", "UUID()",
        "USER()", "CURRENT_USER", "CONNECTION_ID()"}) {
    EXPECT_THAT(
        DeriveRefusal(absl::StrCat(
            "SELECT v FROM t WHERE k='%s' AND (a IS NULL OR a>", call, ")")),
        HasSubstr(absl::StrCat("the function \"",
                               std::string(call, strcspn(call, "(")), "\"")))
        << call;
  }
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' ORDER BY RAND()"),
              HasSubstr("\"RAND\""));
}

TEST(DeriveRefusalTest, TimeIsRefusedWithTheReasonAndTheCure) {
  for (const char* call : {"NOW()", "UNIX_TIMESTAMP()", "CURDATE()"}) {
    EXPECT_THAT(
        DeriveRefusal(
            absl::StrCat("SELECT v FROM t WHERE k='%s' AND a > ", call)),
        AllOf(HasSubstr("changes with time, without a change of any table: "
                        "leave it out, and let the database remove or mark "
                        "rows when their time is over (CREATE EVENT)"),
              HasSubstr("add a line \"mirror_query =")))
        << call;
  }
}

TEST(DeriveRefusalTest, VariablesAndPlaceholdersAreRefused) {
  for (const char* list : {"@x", "@@hostname", "@x := 1"}) {
    EXPECT_THAT(
        DeriveRefusal(absl::StrCat("SELECT ", list, " FROM t WHERE k='%s'")),
        HasSubstr("a variable (@)"));
  }
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' AND a=?"),
              HasSubstr("a placeholder"));
}

TEST(DeriveRefusalTest, UnknownFunctionsAreRefused) {
  EXPECT_THAT(DeriveRefusal("SELECT mail.expand(v) FROM t WHERE k='%s'"),
              HasSubstr("the function \"expand\" is not known"));
}

TEST(DeriveRefusalTest, MinusesAtAnEndDoNotMakeAComment) {
  for (const char* query :
       {"SELECT v--FROM t WHERE k='%s'", "SELECT v--/**/ FROM t WHERE k='%s'",
        "SELECT v FROM t JOIN u ON v--WHERE k='%s'",
        "SELECT v FROM t WHERE a--AND k='%s'",
        "SELECT v FROM t WHERE k='%s' ORDER BY v--;"}) {
    EXPECT_THAT(DeriveRefusal(query), StartsWith("no mirror query")) << query;
  }
  EXPECT_THAT(ReasonOf(ParseMirrorQuery("SELECT a, b FROM t WHERE b--;")),
              HasSubstr("it breaks off"));
  EXPECT_EQ(DerivedSql("SELECT v--1 FROM t WHERE a--/**/2 AND k='%s'"),
            "SELECT k, v--1 FROM t WHERE a--/**/2");
}

TEST(DeriveRefusalTest, UnreadableTextIsRefused) {
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' AND a='x"),
              HasSubstr("a quote without"));
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE (k='%s'"),
              HasSubstr("without its"));
  EXPECT_THAT(DeriveRefusal("SELECT v FROM t WHERE k='%s' /*!50000 OR 1 */"),
              HasSubstr("an executable comment"));
}

}  // namespace
}  // namespace postmirror
