#include "schema/key/collation_table.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "schema/key/utf8.h"

namespace postmirror {
namespace {

using namespace std::string_literals;  // For text with a NUL.

CollationTable Table(std::vector<CollationRules::Range> ranges,
                     std::vector<CollationRules::Sequence> sequences = {}) {
  return CollationTable({.name = "sample",
                         .ranges = std::move(ranges),
                         .sequences = std::move(sequences)});
}

// nullopt where no column can hold the text.
std::optional<std::string> FormOf(const CollationTable& table,
                                  absl::string_view text) {
  std::string form = "left over";
  if (!table.Apply(text, &form)) return std::nullopt;
  return form;
}

TEST(CollationTableTest, WithoutRulesAllTextIsItsOwnForm) {
  const CollationTable table = Table({});
  EXPECT_EQ(FormOf(table, ""), "");
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    const std::string text = Utf8Of(c);
    ASSERT_EQ(FormOf(table, text), text);
  }
  const std::string text = "A\0b \u00E9\U0001F600  "s;
  EXPECT_EQ(FormOf(table, text), text);
}

TEST(CollationTableTest, WhatIsNotUtf8HasNoForm) {
  const CollationTable table = Table({});
  EXPECT_EQ(FormOf(table, "a\xFF"), std::nullopt);
  EXPECT_EQ(FormOf(table, "\xED\xA0\x80"), std::nullopt);
  EXPECT_EQ(FormOf(table, "a\xC3"), std::nullopt);
}

TEST(CollationTableTest, EachCharacterOfARangeBecomesTheWholeForm) {
  const CollationTable table =
      Table({{0xC0, 0xC5, "a"}, {0xDF, 0xDF, "ss"}, {0x200B, 0x200D, ""}});
  EXPECT_EQ(FormOf(table, "\u00BF\u00C0\u00C3\u00C5\u00C6"), "\u00BFaaa\u00C6");
  EXPECT_EQ(FormOf(table, "stra\u00DFe"), "strasse");
  EXPECT_EQ(FormOf(table, "\u200Aa\u200B\u200Db\u200E"), "\u200Aab\u200E");
}

TEST(CollationTableTest, AsciiMayBecomeAnything) {
  const CollationTable table = Table(
      {{0, 0, ""}, {'!', '!', "ex"}, {'A', 'A', "a"}, {'~', '~', "\u00E9"}});
  EXPECT_EQ(FormOf(table, "A!\0a~"s), "aexa\u00E9");
}

TEST(CollationTableTest, TextWithACharacterOutsideHasNoForm) {
  const CollationTable table = Table({{0x100, 0x10FFFF, std::nullopt}});
  EXPECT_EQ(FormOf(table, "a\u00FF"), "a\u00FF");
  EXPECT_EQ(FormOf(table, "a\u0100b"), std::nullopt);
  EXPECT_EQ(FormOf(table, "\U0001F600"), std::nullopt);
  EXPECT_EQ(FormOf(table, "\U0010FFFF"), std::nullopt);
}

TEST(CollationTableTest, ARangeMayBeWholePlanes) {
  const CollationTable table =
      Table({{0xFFFE, 0xFFFE, "x"}, {0x10000, 0x10FFFF, "\uFFFD"}});
  EXPECT_EQ(FormOf(table, "\uFFFD\uFFFE\uFFFF"), "\uFFFDx\uFFFF");
  EXPECT_EQ(FormOf(table, "\U00010000\U0001F600\U0010FFFF"),
            "\uFFFD\uFFFD\uFFFD");
}

TEST(CollationTableTest, ARangeEndsWhereItSaysWhateverThePage) {
  for (char32_t first : {0x2FFu, 0x300u, 0x301u, 0x3FEu}) {
    for (char32_t last : {0x3FEu, 0x3FFu, 0x400u, 0x4FFu, 0x500u, 0x5FFu}) {
      const CollationTable table = Table({{first, last, "x"}});
      for (char32_t c = 0x200; c < 0x700; ++c) {
        const std::string text = Utf8Of(c);
        ASSERT_EQ(FormOf(table, text), c >= first && c <= last ? "x" : text)
            << Utf8Of(first) << " to " << Utf8Of(last);
      }
    }
  }
}

TEST(CollationTableTest, RangesShareAPageAndAFormWithOthers) {
  const CollationTable table = Table({{0x300, 0x3FF, "x"},
                                      {0x400, 0x4FF, "y"},
                                      {0x500, 0x501, "x"},
                                      {0x503, 0x5FF, "y"},
                                      {0x600, 0x6FF, std::nullopt},
                                      {0x700, 0x7FF, "x"}});
  EXPECT_EQ(FormOf(table, "\u0300\u03FF\u0400\u04FF\u0501\u0502\u0503"),
            "xxyyx\u0502y");
  EXPECT_EQ(FormOf(table, "\u05FF\u0700\u07FF"), "yxx");
  EXPECT_EQ(FormOf(table, "\u0650"), std::nullopt);
}

TEST(CollationTableTest, ASequenceIsComparedAsOneAndTheLongestComesFirst) {
  const CollationTable table =
      Table({{'H', 'H', "h"}}, {{"\u0438\u0306", "1"},
                                {"\u0438\u0306\u0301", "2"},
                                {"\u0438\u0308", "3"}});
  EXPECT_EQ(FormOf(table, "\u0438\u0306"), "1");
  EXPECT_EQ(FormOf(table, "\u0438\u0306\u0301"), "2");
  EXPECT_EQ(FormOf(table, "\u0438\u0308\u0438\u0306H"), "31h");
  EXPECT_EQ(FormOf(table, "\u0438\u0438\u0306"), "\u04381");
  EXPECT_EQ(FormOf(table, "\u0438"), "\u0438");
  EXPECT_EQ(FormOf(table, "\u0306\u0438"), "\u0306\u0438");
}

TEST(CollationTableTest, ASequenceMayBeginWithAscii) {
  const CollationTable table = Table({}, {{"ch", "C"}, {"l\u00B7", "L"}});
  EXPECT_EQ(FormOf(table, "cchc"), "cCc");
  EXPECT_EQ(FormOf(table, "ll\u00B7l"), "lLl");
  EXPECT_EQ(FormOf(table, "c"), "c");
}

TEST(CollationTableTest, ASequenceWinsOverWhatItsCharactersWouldBe) {
  const CollationTable table =
      Table({{'l', 'l', "m"}, {0xB7, 0xB7, std::nullopt}}, {{"l\u00B7", "L"}});
  EXPECT_EQ(FormOf(table, "l\u00B7l"), "Lm");
  EXPECT_EQ(FormOf(table, "\u00B7"), std::nullopt);
}

TEST(CollationTableTest, BytesAreTheirOwnForm) {
  const CollationTable table({.name = "binary",
                              .pads = false,
                              .bytes = true,
                              .ranges = {},
                              .sequences = {}});
  const std::string text = "A\0\xFF\xC3 "s;
  EXPECT_EQ(FormOf(table, text), text);
  EXPECT_TRUE(table.keeps_folded_ascii());
  EXPECT_FALSE(table.pads());
}

TEST(CollationTableTest, FoldedAsciiIsKeptWhereNoRuleChangesIt) {
  EXPECT_TRUE(Table({}).keeps_folded_ascii());
  EXPECT_TRUE(Table({{'A', 'A', "a"}, {'Z', 'Z', "z"}}).keeps_folded_ascii());
  EXPECT_TRUE(Table({{0, 0x1F, ""}, {0x7F, 0xFF, ""}}).keeps_folded_ascii());
  EXPECT_TRUE(CollationTable(AsciiCiRules()).keeps_folded_ascii());
  EXPECT_FALSE(Table({{' ', ' ', ""}}).keeps_folded_ascii());
  EXPECT_FALSE(Table({{'a', 'a', "A"}}).keeps_folded_ascii());
  EXPECT_FALSE(Table({{'z', 'z', "zz"}}).keeps_folded_ascii());
  EXPECT_FALSE(Table({{'~', '~', std::nullopt}}).keeps_folded_ascii());
}

TEST(CollationTableTest, FoldedAsciiIsKeptBesideSequencesItCannotHave) {
  EXPECT_TRUE(Table({}, {{"l\u00B7", "L"}}).keeps_folded_ascii());
  EXPECT_TRUE(Table({}, {{"\u00B7l", "L"}}).keeps_folded_ascii());
  EXPECT_FALSE(Table({}, {{"ch", "C"}}).keeps_folded_ascii());
}

TEST(CollationTableTest, TellsWhatItsRulesSay) {
  EXPECT_TRUE(Table({}).pads());
  EXPECT_TRUE(Table({}).exact());
  EXPECT_FALSE(CollationTable(AsciiCiRules()).exact());
}

}  // namespace
}  // namespace postmirror
