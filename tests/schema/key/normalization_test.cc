#include "schema/key/normalization.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {
namespace {

using namespace std::string_literals;  // For keys with a NUL.

class NormalizationTest : public testing::Test {
 protected:
  KeyKind Kind(absl::string_view key) {
    return Normalization(true).Normalize(key, &normalized_);
  }

  std::string Normal(absl::string_view key) {
    EXPECT_NE(Kind(key), KeyKind::kUnmatchable) << key;
    return normalized_;
  }

  std::string normalized_;
};

TEST_F(NormalizationTest, FoldsAsciiLettersAndNothingElseOfAscii) {
  EXPECT_EQ(Normal("User+Ext@EXAMPLE.org"), "user+ext@example.org");
  EXPECT_EQ(Normal("AZ[\\]^_`az{|}~@!09"), "az[\\]^_`az{|}~@!09");
  EXPECT_EQ(Kind("User@example.org"), KeyKind::kExact);
}

TEST_F(NormalizationTest, KeepsControlCharactersOfAKey) {
  EXPECT_EQ(Normal("\x01\t\x7F@d"), "\x01\t\x7F@d");
  EXPECT_EQ(Kind("\x01\t\x7F@d"), KeyKind::kExact);
}

TEST_F(NormalizationTest, IgnoresTrailingSpacesOnly) {
  EXPECT_EQ(Normal("a@d" + std::string(200, ' ')), "a@d");
  EXPECT_EQ(Kind("a@d  "), KeyKind::kExact);
  EXPECT_EQ(Normal("  a b@d"), "  a b@d");
  EXPECT_EQ(Normal("a@d\t"), "a@d\t");
  EXPECT_EQ(Normal("a@d\n"), "a@d\n");
  EXPECT_EQ(Normal("a@d\u00A0"), "a@d\u00A0");  // A no-break space is no space.
}

TEST_F(NormalizationTest, NonAsciiKeysAreUncertain) {
  EXPECT_EQ(Kind("j\u00FCrgen@d"), KeyKind::kUncertain);
  EXPECT_EQ(Kind("user@\u00E9.org"), KeyKind::kUncertain);
}

TEST_F(NormalizationTest, FoldsUnicodeFullyAndByDefaultRules) {
  EXPECT_EQ(Normal("J\u00DCRGEN@\u00C9"), "j\u00FCrgen@\u00E9");
  EXPECT_EQ(Normal("\u00DF@d"), "ss@d");       // sharp s
  EXPECT_EQ(Normal("\u1E9E@d"), "ss@d");       // capital sharp s
  EXPECT_EQ(Normal("\u0130@d"), "i\u0307@d");  // I with a dot, not Turkish
  EXPECT_EQ(Normal("I\u00E9"), "i\u00E9");     // I, not Turkish
  EXPECT_EQ(Normal("\u03A3\u03C2"), "\u03C3\u03C3");  // final sigma
  EXPECT_EQ(Normal("\uFB03"), "ffi");                 // ligature, three letters
  EXPECT_EQ(Normal("\U00010400"), "\U00010428");      // Deseret, four bytes
  EXPECT_EQ(Normal("\u13A0\uAB70"), "\u13A0\u13A0");  // Cherokee folds upwards
}

TEST_F(NormalizationTest, AKeyThatFoldsToAsciiIsStillUncertain) {
  // U+212A KELVIN SIGN folds to k, but a collation may hold more for equal.
  EXPECT_EQ(Normal("\u212A@d"), "k@d");
  EXPECT_EQ(Kind("\u212A@d"), KeyKind::kUncertain);
}

TEST_F(NormalizationTest, InvalidUtf8IsUnmatchable) {
  for (absl::string_view key : {
           "\x80@d",            // a continuation byte alone
           "a\xC3",             // truncated
           "a\xE2\x82",         // truncated
           "a\xF0\x9F\x98",     // truncated
           "\xC3(@d",           // no continuation
           "\xC0\xAF",          // overlong
           "\xC1\xBF",          // overlong
           "\xE0\x9F\xBF",      // overlong
           "\xF0\x8F\xBF\xBF",  // overlong
           "\xED\xA0\x80",      // a surrogate
           "\xED\xBF\xBF",      // a surrogate
           "\xF4\x90\x80\x80",  // beyond U+10FFFF
           "\xF5\x80\x80\x80",  // beyond U+10FFFF
           "\xE2\x82\xC3",      // the last byte is none
           "\xFF",
       }) {
    EXPECT_EQ(Kind(key), KeyKind::kUnmatchable) << testing::PrintToString(key);
  }
}

TEST_F(NormalizationTest, TheBoundsOfUtf8AreValid) {
  for (absl::string_view key :
       {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBE", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(Kind(key), KeyKind::kUncertain) << testing::PrintToString(key);
  }
}

TEST_F(NormalizationTest, AnEmptyKeyIsUnmatchable) {
  EXPECT_EQ(Kind(""), KeyKind::kUnmatchable);
}

TEST_F(NormalizationTest, AKeyWithANulIsUnmatchable) {
  EXPECT_EQ(Kind("a\0b"s), KeyKind::kUnmatchable);
  EXPECT_EQ(Kind("\0"s), KeyKind::kUnmatchable);
  EXPECT_EQ(Normalization(false).Normalize("a\0"s, &normalized_),
            KeyKind::kUnmatchable);
}

TEST_F(NormalizationTest, AKeyOfSpacesIsOneSpaceAndUncertain) {
  EXPECT_EQ(Normal("    "), " ");
  EXPECT_EQ(Normal(" "), " ");
  EXPECT_EQ(Kind("    "), KeyKind::kUncertain);
}

TEST_F(NormalizationTest, WithoutUtf8OnlyAsciiIsFoldedAndNothingValidated) {
  const Normalization bytes(false);
  EXPECT_EQ(bytes.Normalize("J\u00DCRGEN@D ", &normalized_),
            KeyKind::kUncertain);
  EXPECT_EQ(normalized_, "j\u00DCrgen@d");
  EXPECT_EQ(bytes.Normalize("A\xFF", &normalized_), KeyKind::kUncertain);
  EXPECT_EQ(normalized_, "a\xFF");
  EXPECT_EQ(bytes.Normalize("A@D", &normalized_), KeyKind::kExact);
  EXPECT_EQ(normalized_, "a@d");
  EXPECT_EQ(bytes.Normalize("", &normalized_), KeyKind::kUnmatchable);
}

TEST_F(NormalizationTest, IsIdempotentForEveryCodePoint) {
  std::string key, once, twice;
  for (unsigned code = 0x80; code <= 0x1FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    key = "A";
    if (code < 0x800) {
      key += static_cast<char>(0xC0 | (code >> 6));
    } else {
      if (code < 0x10000) {
        key += static_cast<char>(0xE0 | (code >> 12));
      } else {
        key += static_cast<char>(0xF0 | (code >> 18));
        key += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
      }
      key += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    }
    key += static_cast<char>(0x80 | (code & 0x3F));
    ASSERT_EQ(Normalization(true).Normalize(key, &once), KeyKind::kUncertain);
    ASSERT_NE(Normalization(true).Normalize(once, &twice),
              KeyKind::kUnmatchable);
    ASSERT_EQ(once, twice) << code;
  }
}

TEST_F(NormalizationTest, ComparesByItsRules) {
  EXPECT_EQ(Normalization(true), Normalization(true));
  EXPECT_NE(Normalization(true), Normalization(false));
}

TEST(FoldKeyTest, KeepsTrailingSpacesAndSaysWhatIsNotUtf8) {
  std::string folded = "left over";
  EXPECT_TRUE(FoldKey("User@D  ", true, &folded));
  EXPECT_EQ(folded, "user@d  ");
  EXPECT_TRUE(FoldKey("\u00C4", true, &folded));
  EXPECT_EQ(folded, "\u00E4");
  EXPECT_TRUE(FoldKey("", true, &folded));
  EXPECT_EQ(folded, "");
  EXPECT_FALSE(FoldKey("\xC4", true, &folded));
  EXPECT_TRUE(FoldKey("A\xC4", false, &folded));
  EXPECT_EQ(folded, "a\xC4");
}

}  // namespace
}  // namespace postmirror
