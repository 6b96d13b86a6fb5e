#include "schema/query/result_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

// What `format` makes of `value`; "(skipped)" where it is skipped.
std::string Expand(absl::string_view format, absl::string_view value) {
  const auto parsed = ResultFormat::Parse(format);
  if (!parsed.ok()) return std::string(parsed.status().message());
  std::string result;
  return parsed->Append(value, &result) ? result : "(skipped)";
}

TEST(ResultFormatTest, ExpandsTheValueItsLocalPartAndItsDomain) {
  EXPECT_EQ(Expand("%s", "a@b.c"), "a@b.c");
  EXPECT_EQ(Expand("smtp:[%d]/%u/", "a@b.c"), "smtp:[b.c]/a/");
  EXPECT_EQ(Expand("%s,%s", "a"), "a,a");
}

TEST(ResultFormatTest, DoubledPercentIsOnePercent) {
  EXPECT_EQ(Expand("100%% %s%%d", "x"), "100% x%d");
}

TEST(ResultFormatTest, FormatWithoutSpecifierIsAConstant) {
  EXPECT_EQ(Expand("OK", "x"), "OK");
}

TEST(ResultFormatTest, TheLastAtSignDivides) {
  EXPECT_EQ(Expand("%u|%d", "a@b@c"), "a@b|c");
}

TEST(ResultFormatTest, LocalPartOfAValueWithoutDomainIsAllOfIt) {
  EXPECT_EQ(Expand("%u", "root"), "root");
}

TEST(ResultFormatTest, ValueWithoutDomainIsSkippedWhereTheDomainIsAsked) {
  EXPECT_EQ(Expand("%d", "root"), "(skipped)");
  EXPECT_EQ(Expand("%d", "root@"), "(skipped)");
  EXPECT_EQ(Expand("%s %d", "root"), "(skipped)");
  EXPECT_EQ(Expand("%u", "root@"), "root");
}

TEST(ResultFormatTest, EmptyLocalPartIsSkippedWhereItIsAsked) {
  EXPECT_EQ(Expand("%u", "@b.c"), "(skipped)");
  EXPECT_EQ(Expand("%u@%d", "@b.c"), "(skipped)");
  EXPECT_EQ(Expand("%d", "@b.c"), "b.c");
  EXPECT_EQ(Expand("%s", "@b.c"), "@b.c");
}

TEST(ResultFormatTest, EscapedSpecifierAsksForNothing) {
  EXPECT_EQ(Expand("%%d%s", "root"), "%droot");
  EXPECT_EQ(Expand("%%u%s", "@b.c"), "%u@b.c");
}

TEST(ResultFormatTest, EmptyValueIsSkipped) {
  EXPECT_EQ(Expand("%s", ""), "(skipped)");
}

TEST(ResultFormatTest, ValueEndsAtItsFirstNul) {
  EXPECT_EQ(Expand("%s", absl::string_view("ab\0cd", 5)), "ab");
  EXPECT_EQ(Expand("OK", absl::string_view("\0cd", 3)), "(skipped)");
}

TEST(ResultFormatTest, ValuesAreJoinedByCommas) {
  const auto format = ResultFormat::Parse("<%d>");
  ASSERT_TRUE(format.ok());
  std::string result;
  EXPECT_TRUE(format->Append("a@b", &result));
  EXPECT_FALSE(format->Append("c", &result));
  EXPECT_TRUE(format->Append("d@e", &result));
  EXPECT_EQ(result, "<b>,<e>");
}

TEST(ResultFormatTest, LonePercentIsAnError) {
  for (const char* format : {"%", "%s%", "%x", "%0", "% s"}) {
    EXPECT_THAT(Expand(format, "x"), HasSubstr("a lone % at")) << format;
  }
  EXPECT_FALSE(ResultFormat::Parse("").ok());
}

TEST(ResultFormatTest, PartsOfTheKeyAreRefused) {
  for (const char* letter : {"S", "U", "D", "1", "9"}) {
    const auto format = ResultFormat::Parse(absl::StrCat("%s %", letter));
    EXPECT_EQ(format.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(
        format.status().message(),
        HasSubstr(absl::StrCat("%", letter, " stands for the lookup key")));
  }
}

}  // namespace
}  // namespace postmirror
