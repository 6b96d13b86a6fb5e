#include "proxy/protocol/hex_quote.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

std::string Quoted(absl::string_view raw) {
  std::string quoted;
  AppendHexQuoted(raw, &quoted);
  return quoted;
}

std::string Unquoted(absl::string_view quoted) {
  std::string raw = "left over";
  return HexUnquote(quoted, &raw) ? raw : "malformed";
}

TEST(HexQuoteTest, LeavesPrintableAsciiAlone) {
  std::string printable;
  for (char c = '!'; c <= '~'; ++c) {
    if (c != '%') printable.push_back(c);
  }
  EXPECT_EQ(Quoted(printable), printable);
}

TEST(HexQuoteTest, CodesPercentWhiteSpaceAndControlsInUpperCase) {
  EXPECT_EQ(Quoted("a b+c%d\t\r\n\x7f"), "a%20b+c%25d%09%0D%0A%7F");
}

TEST(HexQuoteTest, CodesEveryByteBeyondAscii) {
  EXPECT_EQ(Quoted("j\xc3\xbcrgen@\xc3\x89"), "j%C3%BCrgen@%C3%89");
}

TEST(HexQuoteTest, AppendsToWhatIsThere) {
  std::string text = "200 ";
  AppendHexQuoted("x y", &text);
  EXPECT_EQ(text, "200 x%20y");
}

TEST(HexUnquoteTest, TakesDigitsOfEitherCase) {
  EXPECT_EQ(Unquoted("%c3%BCx"), "\xc3\xbcx");
}

TEST(HexUnquoteTest, TakesUncodedBytesAsTheyAre) {
  EXPECT_EQ(Unquoted("a b,\xc3\xbc"), "a b,\xc3\xbc");
}

TEST(HexUnquoteTest, RefusesAPercentWithoutTwoDigits) {
  for (const char* text :
       {"%", "a%", "%4", "%4g", "%g4", "100% sure", "%%41", "%-1"}) {
    EXPECT_EQ(Unquoted(text), "malformed") << text;
  }
}

TEST(HexUnquoteTest, IsTheInverseOfQuotingForEveryByte) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte)
    every.push_back(static_cast<char>(byte));
  EXPECT_EQ(Unquoted(Quoted(every)), every);
}

}  // namespace
}  // namespace postmirror
