#include "schema/key/normalization.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {
namespace {

using namespace std::string_literals;  // For keys with a NUL.

// A _ci collation in small: accents and case go, U+200B is ignored, a no-break
// space is a space, CYRILLIC SHORT I is one letter however it is written, and
// no character has more than three bytes.
CollationRules Ci() {
  return {.name = "sample_ci",
          .ranges = {{'A', 'A', "a"},
                     {0xA0, 0xA0, " "},
                     {0xC4, 0xC4, "a"},
                     {0xDF, 0xDF, "s"},
                     {0xE4, 0xE4, "a"},
                     {0x200B, 0x200B, ""},
                     {0x10000, 0x10FFFF, std::nullopt}},
          .sequences = {{"\u0438\u0306", "\u0439"}}};
}

CollationRules NoPad(CollationRules rules) {
  rules.pads = false;
  return rules;
}

CollationRules Bytes() {
  return {.name = "binary",
          .pads = false,
          .bytes = true,
          .ranges = {},
          .sequences = {}};
}

Normalization Make(const CollationRules& rules, bool utf8 = true) {
  return Normalization(utf8, std::make_shared<const CollationTable>(rules));
}

class NormalizationTest : public testing::Test {
 protected:
  void Use(const CollationRules& rules, bool utf8 = true) {
    normalization_ = Make(rules, utf8);
  }

  KeyKind Kind(absl::string_view key) {
    return normalization_.NormalizeKey(key, &form_);
  }

  std::string Key(absl::string_view key) {
    form_ = "left over";
    EXPECT_NE(Kind(key), KeyKind::kUnmatchable) << key;
    return form_;
  }

  std::string Row(absl::string_view column) {
    form_ = "left over";
    EXPECT_TRUE(normalization_.NormalizeRow(column, &form_)) << column;
    return form_;
  }

  bool CanMatch(absl::string_view column) {
    return normalization_.NormalizeRow(column, &form_);
  }

  Normalization normalization_ = Make(Ci());
  std::string form_;
};

TEST_F(NormalizationTest, FoldsAKeyAndThenAppliesTheCollation) {
  EXPECT_EQ(Key("User+Ext@EXAMPLE.org"), "user+ext@example.org");
  EXPECT_EQ(Key("\u00C4@D"), "a@d");
  // Folding makes two letters of it, so that the collation never sees it.
  EXPECT_EQ(Key("\u00DF@d"), "ss@d");
  EXPECT_EQ(Kind("\u00DF@d"), KeyKind::kExact);
}

TEST_F(NormalizationTest, ARowIsNotFolded) {
  EXPECT_EQ(Row("\u00DF@d"), "s@d");
  EXPECT_EQ(Row("AB@\u00C4"), "aB@a");
}

TEST_F(NormalizationTest, AContractionOfARowIsMetByAKey) {
  EXPECT_EQ(Row("\u0438\u0306@d"), "\u0439@d");
  EXPECT_EQ(Key("\u0418\u0306@d"), "\u0439@d");
  EXPECT_EQ(Key("\u0419@d"), "\u0439@d");
  EXPECT_EQ(Key("\u0438@d"), "\u0438@d");
}

TEST_F(NormalizationTest, KeepsControlCharactersOfAKey) {
  EXPECT_EQ(Key("\x01\t\x7F@d"), "\x01\t\x7F@d");
  EXPECT_EQ(Kind("\x01\t\x7F@D"), KeyKind::kExact);
}

TEST_F(NormalizationTest, ACollationThatPadsIgnoresTrailingSpacesOnly) {
  EXPECT_EQ(Key("a@d" + std::string(200, ' ')), "a@d");
  EXPECT_EQ(Key("  a b@d"), "  a b@d");
  EXPECT_EQ(Key("a@d\t"), "a@d\t");
  EXPECT_EQ(Key("a@d\n"), "a@d\n");
  EXPECT_EQ(Key("a@d \u00A0"), "a@d");
  EXPECT_EQ(Key("a\u00A0d"), "a d");
  EXPECT_EQ(Row("a@d  "), "a@d");
  EXPECT_EQ(Row("a@d\u00A0\u200B "), "a@d");
}

TEST_F(NormalizationTest, ACollationThatDoesNotPadKeepsTrailingSpaces) {
  Use(NoPad(Ci()));
  EXPECT_EQ(Key("A@d  "), "a@d  ");
  EXPECT_EQ(Key("  "), "  ");
  EXPECT_EQ(Row("a@d\u00A0"), "a@d ");
  EXPECT_EQ(Row("a@d"), "a@d");
}

TEST_F(NormalizationTest, WhatLeavesNothingHasOneForm) {
  EXPECT_EQ(Row(""), kEmptyKeyForm);
  EXPECT_EQ(Row("   "), kEmptyKeyForm);
  EXPECT_EQ(Row("\u200B \u00A0"), kEmptyKeyForm);
  EXPECT_EQ(Key(" "), kEmptyKeyForm);
  EXPECT_EQ(Key("    "), kEmptyKeyForm);
  EXPECT_EQ(Key("\u200B\u200B"), kEmptyKeyForm);
  EXPECT_EQ(Kind("    "), KeyKind::kExact);
  Use(NoPad(Ci()));
  EXPECT_EQ(Row(""), kEmptyKeyForm);
  EXPECT_EQ(Key("\u200B"), kEmptyKeyForm);
}

TEST_F(NormalizationTest, NothingElseHasTheFormOfNothing) {
  EXPECT_FALSE(CanMatch("\xFF"));
  EXPECT_EQ(Kind("\xFF"), KeyKind::kUnmatchable);
  EXPECT_NE(Row("\u00FF"), kEmptyKeyForm);
  Use(Ci(), false);
  EXPECT_EQ(Kind("\xFF"), KeyKind::kUnmatchable);
}

TEST_F(NormalizationTest, OfByteStringsTheEmptyOneIsMetByNoKey) {
  Use(Bytes(), false);
  EXPECT_FALSE(CanMatch(""));
  EXPECT_EQ(Row("\xFF"), Key("\xFF"));
  EXPECT_EQ(Row(" "), " ");
  EXPECT_EQ(Kind(" "), KeyKind::kExact);
}

TEST_F(NormalizationTest, ByteStringsAreComparedAsTheyAreOnceTheKeyIsFolded) {
  Use(Bytes());
  EXPECT_EQ(Key("A@d "), "a@d ");
  EXPECT_EQ(Key("\u00C4"), "\u00E4");
  EXPECT_EQ(Row("A\xFF\0 "s), "A\xFF\0 "s);
  EXPECT_EQ(Kind("\xFF"), KeyKind::kUnmatchable);
}

TEST_F(NormalizationTest, AnEmptyKeyIsUnmatchable) {
  EXPECT_EQ(Kind(""), KeyKind::kUnmatchable);
  Use(Bytes(), false);
  EXPECT_EQ(Kind(""), KeyKind::kUnmatchable);
}

TEST_F(NormalizationTest, AKeyWithANulIsUnmatchable) {
  EXPECT_EQ(Kind("a\0b"s), KeyKind::kUnmatchable);
  EXPECT_EQ(Kind("\0"s), KeyKind::kUnmatchable);
  EXPECT_EQ(Kind("\u00E9\0"s), KeyKind::kUnmatchable);
  Use(Bytes(), false);
  EXPECT_EQ(Kind("a\0"s), KeyKind::kUnmatchable);
}

TEST_F(NormalizationTest, ARowWithANulKeepsIt) {
  EXPECT_EQ(Row("A\0b"s), "a\0b"s);
}

TEST_F(NormalizationTest, InvalidUtf8IsUnmatchable) {
  for (const bool utf8 : {true, false}) {
    Use(Ci(), utf8);
    EXPECT_EQ(Kind("\x80@d"), KeyKind::kUnmatchable);
    EXPECT_EQ(Kind("a\xC3"), KeyKind::kUnmatchable);
    EXPECT_EQ(Kind("\xED\xA0\x80"), KeyKind::kUnmatchable);
    EXPECT_FALSE(CanMatch("a\xC3"));
  }
}

TEST_F(NormalizationTest, WithoutUtf8OnlyAsciiIsFoldedAndBytesAreNotValidated) {
  Use(Bytes(), false);
  EXPECT_EQ(Key("J\u00DCRGEN@D "), "j\u00DCrgen@d ");
  EXPECT_EQ(Key("A\xFF"), "a\xFF");
  EXPECT_EQ(Kind("A\xFF"), KeyKind::kExact);
  Use(Ci(), false);
  EXPECT_EQ(Key("\u00C4\u00DF@D"), "as@d");
}

TEST_F(NormalizationTest, ACharacterThatTheColumnCannotHoldIsUnmatchable) {
  EXPECT_EQ(Kind("\U0001F600@d"), KeyKind::kUnmatchable);
  EXPECT_FALSE(CanMatch("\U0001F600@d"));
  EXPECT_EQ(Kind("\uFFFF@d"), KeyKind::kExact);
}

TEST_F(NormalizationTest, AMissIsUncertainForNonAsciiUnderAsciiCiAlone) {
  EXPECT_EQ(Kind("j\u00FCrgen@d"), KeyKind::kExact);
  Use(AsciiCiRules());
  EXPECT_EQ(Kind("j\u00FCrgen@d"), KeyKind::kUncertain);
  // It folds to k, but a collation may hold more for equal.
  EXPECT_EQ(Key("\u212A@d"), "k@d");
  EXPECT_EQ(Kind("\u212A@d"), KeyKind::kUncertain);
  EXPECT_EQ(Kind("User@D \x01"), KeyKind::kExact);
  EXPECT_EQ(Kind("   "), KeyKind::kExact);
  EXPECT_EQ(Row("J\u00DCRGEN@D "), Key("j\u00FCrgen@d"));
}

TEST_F(NormalizationTest, ACollationThatChangesFoldedAsciiIsApplied) {
  CollationRules rules = Ci();
  rules.ranges = {{'a', 'a', "A"}, {'-', '-', ""}};
  Use(rules);
  EXPECT_EQ(Key("a-B@d"), "Ab@d");
  EXPECT_EQ(Kind("a-B@d"), KeyKind::kExact);
  EXPECT_EQ(Key("--"), kEmptyKeyForm);
}

}  // namespace
}  // namespace postmirror
