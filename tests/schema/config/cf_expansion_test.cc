#include "schema/config/cf_expansion.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// The value of `x` in a file with `others` and `x = value`.
absl::StatusOr<std::string> Expanded(absl::string_view value,
                                     absl::string_view others = "") {
  const absl::StatusOr<CfFile> file =
      CfFile::Parse("f.cf", absl::StrCat(others, "\nx = ", value, "\n"));
  EXPECT_TRUE(file.ok()) << file.status();
  const absl::StatusOr<CfEntry> expanded =
      ExpandedEntry(*file, *file->Find("x"));
  if (!expanded.ok()) return expanded.status();
  return expanded->value;
}

std::string Why(absl::string_view value, absl::string_view others = "") {
  const absl::Status status = Expanded(value, others).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(CfExpansionTest, LeavesOtherTextAlone) {
  EXPECT_EQ(*Expanded("a%b{c}(d)"), "a%b{c}(d)");
}

TEST(CfExpansionTest, FillsInAName) {
  EXPECT_EQ(*Expanded("a.$y.c", "y = b"), "a.b.c");
  EXPECT_EQ(*Expanded("a${y}c", "y = b"), "abc");
  EXPECT_EQ(*Expanded("a$(y)c", "y = b"), "abc");
}

TEST(CfExpansionTest, EndsANameAtTheFirstOtherCharacter) {
  EXPECT_EQ(*Expanded("$my_9-z", "my_9 = b"), "b-z");
}

TEST(CfExpansionTest, KeepsTheLineOfEachElement) {
  const absl::StatusOr<CfFile> file =
      CfFile::Parse("f.cf", "y = 1 2\nx = $y\n  3 $y\n  $y,4\n");
  ASSERT_TRUE(file.ok()) << file.status();
  const absl::StatusOr<CfEntry> entry = ExpandedEntry(*file, *file->Find("x"));
  ASSERT_TRUE(entry.ok()) << entry.status();
  std::string elements;
  for (const CfElement& element : ListElements(*entry)) {
    absl::StrAppend(&elements, element.line, ":", element.text, " ");
  }
  EXPECT_EQ(elements, "2:1 2:2 3:3 3:1 3:2 4:1 4:2 4:4 ");
}

TEST(CfExpansionTest, FillsInNamesWithinNames) {
  EXPECT_EQ(*Expanded("$y $z", "y = $z!\nz = b"), "b! b");
}

TEST(CfExpansionTest, TakesTwoDollarSignsForOne) {
  EXPECT_EQ(*Expanded("a$$y"), "a$y");
}

TEST(CfExpansionTest, TakesMydomainFromMyhostname) {
  EXPECT_EQ(*Expanded("a.$mydomain", "myhostname = mx.example.org"),
            "a.example.org");
  EXPECT_EQ(*Expanded("$mydomain", "myhostname = $y.example.org\ny = mx"),
            "example.org");
}

TEST(CfExpansionTest, TakesLocaldomainIfMyhostnameHasOneLabel) {
  EXPECT_EQ(*Expanded("$mydomain", "myhostname = mx"), "localdomain");
}

TEST(CfExpansionTest, PrefersAMydomainThatIsStated) {
  EXPECT_EQ(*Expanded("$mydomain", "myhostname = mx.a.org\nmydomain = b.org"),
            "b.org");
}

TEST(CfExpansionTest, RefusesANameWithoutAValue) {
  const std::string why =
      "x: $myhostname has no value in this file, and main.cf is not read, add "
      "the line "
      "that `postconf -x myhostname` prints";
  EXPECT_EQ(Why("$myhostname"), why);
  EXPECT_EQ(Why("$myhostname", "myhostname ="), why);
}

TEST(CfExpansionTest, RefusesMydomainWithoutMyhostname) {
  EXPECT_EQ(Why("localhost.$mydomain"),
            "x: $mydomain has no value in this file, nor has myhostname, and "
            "main.cf is "
            "not read, add the line that `postconf -x mydomain` prints");
}

TEST(CfExpansionTest, RefusesConditionalForms) {
  EXPECT_EQ(Why("${y?a}", "y = b"),
            "x: the conditional form \"${y?a}\" is for Postfix alone, write "
            "the value "
            "that `postconf -x x` prints");
  EXPECT_FALSE(Expanded("${y:a}", "y = b").ok());
  EXPECT_FALSE(Expanded("${y ? {a} : {b}}", "y = b").ok());
  EXPECT_FALSE(Expanded("${{$y} == {b} ? {a} : {c}}", "y = b").ok());
}

TEST(CfExpansionTest, RefusesADollarSignWithoutAName) {
  const std::string why =
      "x: a $ stands without a name behind it, write $$ for a dollar sign";
  EXPECT_EQ(Why("a$"), why);
  EXPECT_EQ(Why("a$ b"), why);
  EXPECT_EQ(Why("${}"), why);
}

TEST(CfExpansionTest, RefusesAnOpenBracket) {
  EXPECT_EQ(Why("a${y", "y = b"),
            "x: the name at \"y\" is not closed, add the missing bracket");
  EXPECT_FALSE(Expanded("a$(y}", "y = b").ok());
}

TEST(CfExpansionTest, RefusesANameThatNeedsItself) {
  EXPECT_EQ(
      Why("$x"),
      "x: $x needs its own value, so that it has none, write the value itself");
  EXPECT_EQ(
      Why("$y", "y = $z\nz = $y"),
      "x: $y needs its own value, so that it has none, write the value itself");
  EXPECT_FALSE(Expanded("$mydomain", "myhostname = mx.$mydomain").ok());
}

TEST(CfExpansionTest, RefusesNamesThatMultiply) {
  std::string others = "y0 = b\n";
  for (int i = 1; i <= 20; ++i) {
    absl::StrAppend(&others, "y", i, " = $y", i - 1, "$y", i - 1, "\n");
  }
  EXPECT_EQ(Why("$y20", others),
            "x: names within names make it too large, write the value itself");
  const std::string large = absl::StrCat("y = ", std::string(60000, 'b'));
  EXPECT_EQ(Expanded("$y", large)->size(), 60000u);
  EXPECT_FALSE(Expanded("$y$y", large).ok());
}

TEST(CfExpansionTest, FillsInAThousandNamesAtMost) {
  std::string value;
  for (int i = 0; i < 1000; ++i) value += "$y";
  EXPECT_EQ(Expanded(value, "y = b")->size(), 1000u);
  EXPECT_EQ(Why(value + "$y", "y = b"),
            "x: names within names make it too large, write the value itself");
}

}  // namespace
}  // namespace postmirror
