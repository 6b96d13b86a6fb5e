#include "schema/key/key_folding.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/string_view.h"
#include "schema/key/utf8.h"

namespace postmirror {
namespace {

std::string Folded(absl::string_view key, bool utf8 = true) {
  std::string folded = "left over";
  EXPECT_TRUE(FoldKey(key, utf8, &folded)) << key;
  return folded;
}

TEST(KeyFoldingTest, FoldsAsciiLettersAndNothingElseOfAscii) {
  EXPECT_EQ(Folded("User+Ext@EXAMPLE.org"), "user+ext@example.org");
  EXPECT_EQ(Folded("AZ[\\]^_`az{|}~@!09"), "az[\\]^_`az{|}~@!09");
  EXPECT_EQ(Folded("\x01\tA\x7F"), "\x01\ta\x7F");
  EXPECT_EQ(Folded(""), "");
}

TEST(KeyFoldingTest, KeepsSpaces) {
  EXPECT_EQ(Folded(" User@D  "), " user@d  ");
  EXPECT_EQ(Folded("a\u00A0 "), "a\u00A0 ");
}

TEST(KeyFoldingTest, FoldsUnicodeFullyAndByDefaultRules) {
  EXPECT_EQ(Folded("J\u00DCRGEN@\u00C9"), "j\u00FCrgen@\u00E9");
  EXPECT_EQ(Folded("\u00DF@d"), "ss@d");              // sharp s
  EXPECT_EQ(Folded("\u1E9E@d"), "ss@d");              // capital sharp s
  EXPECT_EQ(Folded("\u0130@d"), "i\u0307@d");         // not Turkish
  EXPECT_EQ(Folded("I\u00E9"), "i\u00E9");            // not Turkish
  EXPECT_EQ(Folded("\u03A3\u03C2"), "\u03C3\u03C3");  // final sigma
  EXPECT_EQ(Folded("\uFB03"), "ffi");                 // three letters
  EXPECT_EQ(Folded("\U00010400"), "\U00010428");      // four bytes
  EXPECT_EQ(Folded("\u13A0\uAB70"), "\u13A0\u13A0");  // Cherokee goes upwards
  EXPECT_EQ(Folded("\u212A@d"), "k@d");               // kelvin sign
}

TEST(KeyFoldingTest, WhatIsNotUtf8IsRefused) {
  std::string folded;
  EXPECT_FALSE(FoldKey("\xC4", true, &folded));
  EXPECT_FALSE(FoldKey("A\xED\xA0\x80@d", true, &folded));
}

TEST(KeyFoldingTest, WithoutUtf8OnlyAsciiIsFoldedAndNothingValidated) {
  EXPECT_EQ(Folded("J\u00DCRGEN@D ", false), "j\u00DCrgen@d ");
  EXPECT_EQ(Folded("A\xFF", false), "a\xFF");
}

TEST(KeyFoldingTest, FoldingASecondTimeChangesNothing) {
  std::string once, twice;
  for (char32_t c = 0; c <= 0x1FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    ASSERT_TRUE(FoldKey("A" + Utf8Of(c), true, &once));
    ASSERT_TRUE(FoldKey(once, true, &twice));
    ASSERT_EQ(once, twice) << static_cast<unsigned>(c);
  }
}

TEST(KeyFoldingTest, FoldAsciiTellsWhetherAllWasPrintable) {
  std::string text;
  for (unsigned c = 0; c < 256; ++c) {
    text = {static_cast<char>(c), 'Q'};
    EXPECT_EQ(FoldAscii(&text), c >= 0x20 && c < 0x7F) << c;
    const unsigned folded = c >= 'A' && c <= 'Z' ? c + 32 : c;
    EXPECT_EQ(text, (std::string{static_cast<char>(folded), 'q'}));
  }
  text.clear();
  EXPECT_TRUE(FoldAscii(&text));
}

}  // namespace
}  // namespace postmirror
