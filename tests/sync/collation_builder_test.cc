#include "sync/collation_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/key/collation_table.h"
#include "schema/key/utf8.h"

namespace postmirror {
namespace {

// A weight of two bytes that no other character has, the number itself.
std::string Unit(unsigned number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number)};
}

class CollationBuilderTest : public testing::Test {
 protected:
  // Characters weigh their numbers up to here; those behind are outside.
  static constexpr char32_t kEnd = 0x250;

  CollationBuilderTest() : weights_(0x110000) {
    for (char32_t c = 0; c < kEnd; ++c) weights_[c] = Unit(c);
  }

  CollationRules Rules() const {
    return BuildCollationRules("sample_ci", true, weights_, sequences_);
  }

  // Of all rules as they are now.
  std::optional<std::string> FormOf(absl::string_view text) const {
    std::string form;
    if (!CollationTable(Rules()).Apply(text, &form)) return std::nullopt;
    return form;
  }

  // The range that says what becomes of a character.
  static const CollationRules::Range* FindRange(const CollationRules& rules,
                                                char32_t c) {
    for (const CollationRules::Range& range : rules.ranges) {
      if (range.first <= c && c <= range.last) return &range;
    }
    return nullptr;
  }

  CharacterWeights weights_;
  SequenceWeights sequences_;
};

TEST_F(CollationBuilderTest, TheRulesAreNamedAndExact) {
  const CollationRules rules = Rules();
  EXPECT_EQ(rules.name, "sample_ci");
  EXPECT_TRUE(rules.pads);
  EXPECT_TRUE(rules.exact);
  EXPECT_FALSE(rules.bytes);
  EXPECT_FALSE(BuildCollationRules("x", false, weights_, {}).pads);
}

TEST_F(CollationBuilderTest, OnlyWhatDiffersFromItselfNeedsARule) {
  weights_[0x10000] = Unit(0x3000);
  const CollationRules rules = Rules();
  ASSERT_EQ(rules.ranges.size(), 3u);
  EXPECT_EQ(rules.ranges[0].first, kEnd);
  EXPECT_EQ(rules.ranges[0].last, 0xD7FFu);
  EXPECT_EQ(rules.ranges[1].first, 0xE000u);
  EXPECT_EQ(rules.ranges[1].last, 0xFFFFu);
  EXPECT_EQ(rules.ranges[2].first, 0x10001u);
  EXPECT_EQ(rules.ranges[2].last, 0x10FFFFu);
  for (const auto& range : rules.ranges) EXPECT_EQ(range.form, std::nullopt);
}

TEST_F(CollationBuilderTest, CharactersOutsideHaveNoForm) {
  EXPECT_EQ(FormOf("a\u024F"), "a\u024F");
  EXPECT_EQ(FormOf("a\u0250"), std::nullopt);
  EXPECT_EQ(FormOf("\U0010FFFF"), std::nullopt);
}

TEST_F(CollationBuilderTest, EqualWeightsGetOneForm) {
  weights_['A'] = weights_[0xC1] = weights_[0xE1] = weights_['a'];
  weights_[0x201] = weights_[0x200];
  EXPECT_EQ(FormOf("Aa\u00C1\u00E1b"), "aaaab");
  EXPECT_EQ(FormOf("\u0201"), FormOf("\u0200"));
  EXPECT_NE(FormOf("\u0202"), FormOf("\u0200"));
}

TEST_F(CollationBuilderTest, FoldedAsciiIsItsOwnFormWhoeverElseHasItsWeight) {
  weights_[1] = weights_[0xE1] = weights_['a'];
  weights_['A'] = weights_['a'];
  weights_[2] = weights_['\\'];
  weights_[3] = weights_[' '];
  weights_[0x7F] = weights_['~'];
  EXPECT_EQ(FormOf("\x01\\\x02 \x03~\x7F"), "a\\\\  ~~");
  EXPECT_TRUE(CollationTable(Rules()).keeps_folded_ascii());
}

TEST_F(CollationBuilderTest, AnExpansionHasTheFormOfItsParts) {
  weights_[0xDF] = Unit('s') + Unit('s');
  weights_[0x132] = Unit('i') + Unit('j');
  EXPECT_EQ(FormOf("stra\u00DFe"), "strasse");
  EXPECT_EQ(FormOf("\u0132"), "ij");
}

TEST_F(CollationBuilderTest, WhatHasNoWeightIsIgnored) {
  weights_[0xAD] = "";
  weights_[0] = "";
  EXPECT_EQ(FormOf("a\u00AD\u00ADb"), "ab");
  EXPECT_EQ(FormOf(absl::string_view("\0a", 2)), "a");
}

TEST_F(CollationBuilderTest, ElementsWithoutAnOwnerAreToldApart) {
  // No character weighs the first part of these alone.
  weights_[0x200] = Unit(0x6161) + Unit('b');
  weights_[0x201] = Unit(0x6161) + Unit('c');
  weights_[0x202] = Unit(0x6162) + Unit('b');
  weights_[0x203] = Unit(0x6161) + Unit(0x6162);
  EXPECT_NE(FormOf("\u0200"), FormOf("\u0201"));
  EXPECT_NE(FormOf("\u0200"), FormOf("\u0202"));
  EXPECT_EQ(FormOf("\u0203b"), *FormOf("\u0203") + "b");
  // The same weights, cut otherwise: 6161 6162 b.
  weights_[0x204] = Unit(0x6161);
  EXPECT_EQ(FormOf("\u0203b"), FormOf("\u0204\u0202"));
  weights_[0x204] = Unit(0x6161) + Unit(0x6162) + Unit('b');
  EXPECT_EQ(FormOf("\u0203b"), FormOf("\u0204"));
}

TEST_F(CollationBuilderTest, AnElementWithoutAnOwnerIsNoText) {
  // Its bytes are those of "ab", and a space is the last of them.
  weights_[0x200] = Unit(0x6162) + Unit(0x6120);
  EXPECT_EQ(FormOf("\u0200"),
            "\xFF\x02"
            "ab\xFE\xFF\x02"
            "a \xFE");
}

TEST_F(CollationBuilderTest, ASpaceAtTheEndOfAnExpansionIsOne) {
  weights_[0xA8] = Unit(' ') + Unit(' ');
  weights_[0xA0] = Unit(' ');
  weights_[0xB4] = Unit(0x6120) + Unit(' ');
  EXPECT_EQ(FormOf("a\u00A8\u00A0"), "a   ");
  EXPECT_TRUE(absl::EndsWith(*FormOf("\u00B4"), "\xFE "));
}

TEST_F(CollationBuilderTest, ImplicitPairsAreOneElement) {
  const auto implicit = [](unsigned c) {
    return Unit(0xFB40 + (c >> 15)) + Unit(0x8000 | (c & 0x7FFF));
  };
  for (char32_t c = 0x4E00; c < 0x4F00; ++c) weights_[c] = implicit(c);
  weights_[0x1F600] = implicit(0x1F600);
  weights_[0xF900] = implicit(0x4E8C);  // the same ideograph
  weights_[0x3220] = Unit('(') + implicit(0x4E00) + Unit(')');
  const CollationRules rules = Rules();
  for (char32_t c : {0x4E00u, 0x4E8Cu, 0x4EFFu, 0x1F600u}) {
    EXPECT_EQ(FindRange(rules, c), nullptr) << Utf8Of(c);
  }
  EXPECT_EQ(FormOf("\uF900"), "\u4E8C");
  EXPECT_EQ(FormOf("\u3220"), "(\u4E00)");
  EXPECT_NE(FormOf("\u4E01"), FormOf("\u4E00"));
}

TEST_F(CollationBuilderTest, WhereHalvesOfPairsStandAloneThereAreNoPairs) {
  weights_[0x4E00] = Unit(0xFB40) + Unit(0x8000);
  weights_[0x4E01] = Unit(0xFB40);
  weights_[0x4E02] = Unit(0x8000);
  EXPECT_EQ(FormOf("\u4E01\u4E02"), FormOf("\u4E00"));
}

TEST_F(CollationBuilderTest, WeightsOfDifferentLengthsAreComparedAsOne) {
  weights_ = CharacterWeights(0x80);
  weights_['a'] = "1";
  weights_['b'] = "12";
  weights_['c'] = "2";
  weights_['d'] = "213";
  weights_['e'] = "3";
  EXPECT_EQ(FormOf("b"), FormOf("ac"));
  EXPECT_EQ(FormOf("be"), FormOf("ace"));
  EXPECT_EQ(FormOf("d"), FormOf("cae"));
  EXPECT_EQ(FormOf("ad"), FormOf("bae"));
  EXPECT_NE(FormOf("ab"), FormOf("ba"));
}

TEST_F(CollationBuilderTest, WeightsOfOneLengthAreWhole) {
  // As those of utf8mb4_bin: no part of one is compared by itself.
  weights_ = CharacterWeights(0x80);
  weights_['a'] = "\x01\x02\x03";
  weights_['b'] = "\x02\x03\x01";
  weights_['A'] = weights_['a'];
  EXPECT_EQ(FormOf("Ab"), "ab");
}

TEST_F(CollationBuilderTest, ACharacterBeyondTheWeightsStaysAsItIs) {
  weights_.resize(kEnd);
  EXPECT_EQ(FormOf("\U0001F600"), "\U0001F600");
}

TEST_F(CollationBuilderTest, AContractionIsARuleAndEqualToItsLetter) {
  sequences_ = {{"l\u00B7", Unit(0x140)}, {"ch", Unit(0x7001)}};
  const CollationRules rules = Rules();
  ASSERT_EQ(rules.sequences.size(), 2u);
  EXPECT_EQ(rules.sequences[0].text, "ch");
  EXPECT_EQ(rules.sequences[1].text, "l\u00B7");
  EXPECT_EQ(FormOf("al\u00B7l"), "a\u0140l");
  EXPECT_NE(FormOf("ch"), FormOf("c"));
  EXPECT_EQ(*FormOf("chh"), *FormOf("ch") + "h");
}

TEST_F(CollationBuilderTest, ASequenceThatWeighsWhatItsPartsDoNeedsNoRule) {
  sequences_ = {{"ab", Unit('a') + Unit('b')},
                {"ch", Unit('x')},
                {"chc", Unit('x') + Unit('c')},
                {"chch", Unit('x') + Unit('x')},
                {"chd", Unit('y')},
                {"a\u0250", Unit('z')}};  // outside
  const CollationRules rules = Rules();
  ASSERT_EQ(rules.sequences.size(), 2u);
  EXPECT_EQ(rules.sequences[0].text, "ch");
  EXPECT_EQ(rules.sequences[1].text, "chd");
  EXPECT_EQ(FormOf("chchchdab"), "xxyab");
}

TEST_F(CollationBuilderTest, WeightsOfSequencesAreCutAsThoseOfCharacters) {
  weights_ = CharacterWeights(0x80);
  weights_['a'] = Unit(0x0101);
  weights_['b'] = Unit(0x0102);
  weights_['c'] = Unit(0x0201);
  sequences_ = {{"ab", "\x01"}, {"cc", "\x01\x02\x01"}};
  // 01 0201 and 0102 01; 01 01 and 0101.
  EXPECT_EQ(FormOf("abc"), FormOf("cc"));
  EXPECT_EQ(FormOf("abab"), FormOf("a"));
}

}  // namespace
}  // namespace postmirror
