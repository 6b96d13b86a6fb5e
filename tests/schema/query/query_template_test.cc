#include "schema/query/query_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(QueryTemplateTest, DoubledPercentIsOnePercent) {
  const auto query = ParseQueryTemplate("a LIKE 'smtp%%' AND b %% 2");
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->sql, "a LIKE 'smtp%' AND b % 2");
  EXPECT_THAT(query->specifiers, IsEmpty());
}

TEST(QueryTemplateTest, SpecifiersStayAndAreLocated) {
  const auto query = ParseQueryTemplate("%%'%s' %d %9");
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->sql, "%'%s' %d %9");
  EXPECT_THAT(query->specifiers, ElementsAre(QueryTemplate::Specifier{'s', 2},
                                             QueryTemplate::Specifier{'d', 6},
                                             QueryTemplate::Specifier{'9', 9}));
}

TEST(QueryTemplateTest, DoubledPercentBeforeALetterIsNoSpecifier) {
  const auto query = ParseQueryTemplate("'%%s' '%%%s'");
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->sql, "'%s' '%%s'");
  EXPECT_THAT(query->specifiers, ElementsAre(QueryTemplate::Specifier{'s', 7}));
}

TEST(QueryTemplateTest, LonePercentIsAnErrorAsInPostfix) {
  for (const char* query :
       {"LIKE '%'", "LIKE 'a%", "%", "%x", "%0", "50% off"}) {
    EXPECT_THAT(ParseQueryTemplate(query).status().message(),
                HasSubstr("a lone % at \"%"))
        << query;
  }
  EXPECT_FALSE(ParseQueryTemplate(absl::string_view("%\0", 2)).ok());
}

TEST(QueryTemplateTest, EverySpecifierOfDbCommonIsKnown) {
  for (char letter : absl::string_view("sudSUD123456789"))
    EXPECT_TRUE(IsSpecifier(letter));
  for (char letter : absl::string_view("0axn% \0", 7))
    EXPECT_FALSE(IsSpecifier(letter));
}

}  // namespace
}  // namespace postmirror
