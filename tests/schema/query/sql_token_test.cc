#include "schema/query/sql_token.h"

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

// Each token as a letter for its kind, a colon and its text.
std::vector<std::string> Tokens(absl::string_view sql) {
  const auto tokens = TokenizeSql(sql);
  if (!tokens.ok()) return {std::string(tokens.status().message())};
  std::vector<std::string> shown;
  for (const SqlToken& token : *tokens) {
    const size_t kind = static_cast<size_t>(token.kind);
    shown.push_back(absl::StrCat(absl::string_view("wqsno").substr(kind, 1),
                                 ":", token.text));
  }
  return shown;
}

TEST(SqlTokenTest, CutsWordsNumbersAndOperators) {
  EXPECT_THAT(
      Tokens("a<=>1.5e-3+.5||b"),
      ElementsAre("w:a", "o:<=>", "n:1.5e-3", "o:+", "n:.5", "o:||", "w:b"));
}

TEST(SqlTokenTest, NameMayBeginWithADigit) {
  EXPECT_THAT(Tokens("1a 1e5 1e 0x1F 0xg 12"),
              ElementsAre("w:1a", "n:1e5", "w:1e", "n:0x1F", "w:0xg", "n:12"));
}

TEST(SqlTokenTest, BehindADotStandsAName) {
  EXPECT_THAT(Tokens("t.1e5"), ElementsAre("w:t", "o:.", "w:1e5"));
  EXPECT_THAT(Tokens("`t`.5x"), ElementsAre("q:`t`", "o:.", "w:5x"));
}

TEST(SqlTokenTest, BytesBeyondAsciiBelongToNames) {
  EXPECT_THAT(Tokens("stra\xC3\x9F"
                     "e=1"),
              ElementsAre("w:stra\xC3\x9F"
                          "e",
                          "o:=", "n:1"));
}

TEST(SqlTokenTest, DoubledQuoteIsPartOfTheString) {
  EXPECT_THAT(Tokens("'it''s'=\"a\"\"b\""),
              ElementsAre("s:'it''s'", "o:=", "s:\"a\"\"b\""));
  EXPECT_THAT(Tokens("`a``b`"), ElementsAre("q:`a``b`"));
}

TEST(SqlTokenTest, BackslashEscapesAQuoteInAString) {
  EXPECT_THAT(Tokens(R"('a\'b' 'c\\' "d\"")"),
              ElementsAre(R"(s:'a\'b')", R"(s:'c\\')", R"(s:"d\"")"));
}

TEST(SqlTokenTest, BackslashIsAnOrdinaryByteInAQuotedName) {
  EXPECT_THAT(Tokens(R"(`a\`)"), ElementsAre(R"(q:`a\`)"));
}

TEST(SqlTokenTest, OtherQuotesAndCommentsInAStringAreText) {
  EXPECT_THAT(Tokens(R"('a"b`c -- d # e /* f')"),
              ElementsAre(R"(s:'a"b`c -- d # e /* f')"));
}

TEST(SqlTokenTest, CommentsAreWhiteSpace) {
  EXPECT_THAT(Tokens("a-- b\nc#d\ne/* ' */f"),
              ElementsAre("w:a", "w:c", "w:e", "w:f"));
  EXPECT_THAT(Tokens("a --"), ElementsAre("w:a"));
  EXPECT_THAT(Tokens("a --\tb"), ElementsAre("w:a"));
  EXPECT_THAT(Tokens("/* a /* b */"), IsEmpty());
}

TEST(SqlTokenTest, TwoMinusesWithoutASpaceAreNoComment) {
  EXPECT_THAT(Tokens("5--3"), ElementsAre("n:5", "o:-", "o:-", "n:3"));
}

TEST(SqlTokenTest, ExecutableCommentsAreRefused) {
  EXPECT_THAT(Tokens("a /*!50000 b */"),
              ElementsAre(HasSubstr("an executable comment")));
  EXPECT_THAT(Tokens("a /*M!100100 b */"),
              ElementsAre(HasSubstr("an executable comment")));
}

TEST(SqlTokenTest, WhatDoesNotEndIsRefused) {
  for (const char* sql : {"'a", "\"a", "`a", "'a\\'", "'a''"}) {
    EXPECT_THAT(Tokens(sql), ElementsAre(HasSubstr("a quote without an end")))
        << sql;
  }
  EXPECT_THAT(Tokens("a /* b"),
              ElementsAre(HasSubstr("a comment without an end")));
  EXPECT_THAT(Tokens("/*/"),
              ElementsAre(HasSubstr("a comment without an end")));
}

TEST(SqlTokenTest, StrayBytesAreRefused) {
  for (absl::string_view sql :
       {absl::string_view("a\\N"), absl::string_view("{ OJ"),
        absl::string_view("a\0b", 3), absl::string_view("a\x01")}) {
    EXPECT_THAT(Tokens(sql),
                ElementsAre(HasSubstr("does not belong into a query")));
  }
}

TEST(SqlTokenTest, ParenthesesMustMatch) {
  EXPECT_THAT(Tokens("(a"), ElementsAre("a \"(\" without its \")\""));
  EXPECT_THAT(Tokens("a)("), ElementsAre("a \")\" without its \"(\""));
}

TEST(SqlTokenTest, NamesLoseAndGetTheirBackquotes) {
  const auto tokens = TokenizeSql("`a``b` c");
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(UnquotedName(tokens->front()), "a`b");
  EXPECT_EQ(UnquotedName(tokens->back()), "c");
  EXPECT_EQ(QuotedName("a`b"), "`a``b`");
}

TEST(SqlTokenTest, SourceTextKeepsWhatStandsBetweenTokens) {
  const auto tokens = TokenizeSql("  a /* x */ ,\n b -- y");
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(SourceText(*tokens), "a /* x */ ,\n b");
}

TEST(SqlTokenTest, KeywordBehindADotIsAColumn) {
  const auto tokens = TokenizeSql("t.limit LIMIT `limit`");
  ASSERT_TRUE(tokens.ok());
  EXPECT_FALSE(IsKeyword(*tokens, 2, "limit"));
  EXPECT_TRUE(IsKeyword(*tokens, 3, "limit"));
  EXPECT_FALSE(IsKeyword(*tokens, 4, "limit"));
  EXPECT_FALSE(IsKeyword(*tokens, 5, "limit"));
}

TEST(SqlTokenTest, CommasInParenthesesDoNotSplit) {
  const auto tokens = TokenizeSql("a,f(b,(c,d)),");
  ASSERT_TRUE(tokens.ok());
  std::vector<std::string> parts;
  for (SqlTokens part : SplitAtCommas(*tokens))
    parts.emplace_back(SourceText(part));
  EXPECT_THAT(parts, ElementsAre("a", "f(b,(c,d))", ""));
}

TEST(SqlTokenTest, KeywordsInParenthesesAreNotAtTheTopLevel) {
  const auto tokens = TokenizeSql("a (limit) t.limit LIMIT 1");
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(FindAtTopLevel(*tokens, "limit"), 7u);
  EXPECT_EQ(FindAtTopLevel(*tokens, "union"), tokens->size());
}

TEST(SqlTokenTest, ExcerptIsOneBoundedLine) {
  EXPECT_EQ(Excerpt("a\r\n'b'"), "\"a  'b'\"");
  EXPECT_EQ(Excerpt(std::string(1000, 'x')),
            absl::StrCat("\"", std::string(60, 'x'), "...\""));
}

}  // namespace
}  // namespace postmirror
