#include "schema/key/utf8.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {
namespace {

using namespace std::string_literals;  // For text with a NUL.

TEST(Utf8Test, TakesCharactersOfAllLengthsOneAfterTheOther) {
  const std::string text = "a\u00E9\u20AC\U0001F600";
  size_t i = 0;
  EXPECT_EQ(NextCharacter(text, &i), U'a');
  EXPECT_EQ(i, 1u);
  EXPECT_EQ(NextCharacter(text, &i), char32_t{0xE9});
  EXPECT_EQ(i, 3u);
  EXPECT_EQ(NextCharacter(text, &i), char32_t{0x20AC});
  EXPECT_EQ(i, 6u);
  EXPECT_EQ(NextCharacter(text, &i), char32_t{0x1F600});
  EXPECT_EQ(i, text.size());
}

TEST(Utf8Test, EveryCharacterComesBackAsItWas) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    const std::string text = Utf8Of(c);
    size_t i = 0;
    ASSERT_EQ(NextCharacter(text, &i), c);
    ASSERT_EQ(i, text.size());
  }
}

TEST(Utf8Test, WhatIsNotUtf8IsRefusedAndNotPassed) {
  for (absl::string_view text : {
           "\x80@d",            // a continuation byte alone
           "\xC3",              // truncated
           "\xE2\x82",          // truncated
           "\xF0\x9F\x98",      // truncated
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
    size_t i = 0;
    EXPECT_EQ(NextCharacter(text, &i), std::nullopt)
        << testing::PrintToString(text);
    EXPECT_EQ(i, 0u);
    EXPECT_FALSE(IsUtf8(text));
    EXPECT_FALSE(IsUtf8("a" + std::string(text)));
    EXPECT_FALSE(IsUtf8(std::string(text) + "a"));
  }
}

TEST(Utf8Test, TheBoundsOfUtf8AreValid) {
  for (absl::string_view text :
       {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBE", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(text)) << testing::PrintToString(text);
  }
  // At each place of what is looked at eight bytes at a time.
  for (size_t at = 0; at < 20; ++at) {
    std::string text(20, 'a');
    text[at] = '\xFC';
    EXPECT_FALSE(IsUtf8(text)) << at;
    EXPECT_FALSE(IsAscii(text)) << at;
    text.replace(at, 1, "\u00FC");
    EXPECT_TRUE(IsUtf8(text)) << at;
    EXPECT_FALSE(IsAscii(text)) << at;
  }
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("a\0b"s));
}

TEST(Utf8Test, AsciiEndsAt7F) {
  EXPECT_TRUE(IsAscii(""));
  EXPECT_TRUE(IsAscii("\0\x7F~"s));
  EXPECT_FALSE(IsAscii("a\x80"));
  EXPECT_FALSE(IsAscii("\u00E9"));
}

}  // namespace
}  // namespace postmirror
