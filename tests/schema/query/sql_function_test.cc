#include "schema/query/sql_function.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postmirror {
namespace {

using ::testing::HasSubstr;

std::string AgainstDeriving(absl::string_view sql) {
  const auto tokens = TokenizeSql(sql);
  return tokens.ok() ? ReasonAgainstDeriving(*tokens) : "no tokens";
}

std::string AgainstMirroring(absl::string_view sql) {
  const auto tokens = TokenizeSql(sql);
  return tokens.ok() ? ReasonAgainstMirroring(*tokens) : "no tokens";
}

TEST(SqlFunctionTest, RowWiseFunctionsAreFine) {
  EXPECT_EQ(
      AgainstDeriving(
          "Concat(homedir, IF(a IN (1,2), LEFT (b, 2), CAST(c AS CHAR(10))))"),
      "");
  EXPECT_EQ(
      AgainstDeriving("TRIM(LEADING '.' FROM a) AND (b OR NOT (c)) LIKE (d)"),
      "");
}

TEST(SqlFunctionTest, TimeIsNamed) {
  for (const char* sql :
       {"NOW()", "now(6)", "CURRENT_TIMESTAMP", "current_timestamp(3)",
        "UNIX_TIMESTAMP()", "CURDATE()", "UTC_TIMESTAMP", "SYSDATE()",
        "LOCALTIME", "CURRENT_DATE"}) {
    EXPECT_THAT(AgainstDeriving(sql), HasSubstr("changes with time")) << sql;
    EXPECT_THAT(AgainstMirroring(sql), HasSubstr("changes with time")) << sql;
  }
  EXPECT_THAT(AgainstDeriving("a > NOW()"), HasSubstr("the function \"NOW\""));
}

TEST(SqlFunctionTest, UnixTimestampOfAColumnIsNoTime) {
  EXPECT_EQ(AgainstMirroring("UNIX_TIMESTAMP(created)"), "");
}

TEST(SqlFunctionTest, ChanceIsNamed) {
  for (const char* sql : {"RAND()", "UUID()", "uuid_short()"}) {
    EXPECT_THAT(AgainstDeriving(sql), HasSubstr("from one call to the next"))
        << sql;
    EXPECT_THAT(AgainstMirroring(sql), HasSubstr("from one call to the next"))
        << sql;
  }
}

TEST(SqlFunctionTest, SessionAndServerAreNamed) {
  EXPECT_THAT(AgainstMirroring("USER()"),
              HasSubstr("the connection that asks"));
  EXPECT_THAT(AgainstMirroring("CURRENT_USER"),
              HasSubstr("the connection that asks"));
  EXPECT_THAT(AgainstMirroring("SLEEP(1)"),
              HasSubstr("is not a value of the tables"));
  EXPECT_THAT(AgainstDeriving("GET_LOCK('a', 1)"),
              HasSubstr("is not a value of the tables"));
}

TEST(SqlFunctionTest, ColumnsNamedLikeFunctionsAreColumns) {
  EXPECT_EQ(AgainstDeriving(
                "user, t.rand, `now`, count, t.current_user, `current_date`"),
            "");
}

TEST(SqlFunctionTest, AggregatesAreForTheMirrorQueryOnly) {
  EXPECT_THAT(AgainstDeriving("GROUP_CONCAT(a)"),
              HasSubstr("one row out of several"));
  EXPECT_EQ(AgainstMirroring("GROUP_CONCAT(a)"), "");
}

TEST(SqlFunctionTest, StoredFunctionsAreUnknown) {
  for (const char* sql : {"my_function(a)", "`concat`(a)", "db.concat(a)",
                          "MATCH (a) AGAINST (b)", "`in` (1)", "DEFAULT(a)"}) {
    EXPECT_THAT(AgainstDeriving(sql),
                HasSubstr("is not known to depend on its arguments alone"))
        << sql;
    EXPECT_EQ(AgainstMirroring(sql), "") << sql;
  }
}

}  // namespace
}  // namespace postmirror
