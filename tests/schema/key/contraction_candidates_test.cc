#include "schema/key/contraction_candidates.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "schema/key/utf8.h"

namespace postmirror {
namespace {

using ::testing::Contains;
using ::testing::Not;

class ContractionCandidatesTest : public testing::Test {
 protected:
  const std::vector<std::string> candidates_ = ContractionCandidates();
};

TEST_F(ContractionCandidatesTest, AreSequencesInUtf8EachOnceAndAscending) {
  ASSERT_FALSE(candidates_.empty());
  std::string before;
  for (const std::string& text : candidates_) {
    size_t i = 0;
    ASSERT_TRUE(NextCharacter(text, &i).has_value());
    EXPECT_LT(i, text.size()) << text;
    EXPECT_TRUE(IsUtf8(text)) << text;
    EXPECT_LT(before, text);
    before = text;
  }
}

TEST_F(ContractionCandidatesTest, HoldWhatLettersDecomposeInto) {
  EXPECT_THAT(candidates_, Contains("\u0438\u0306"));  // CYRILLIC SHORT I
  EXPECT_THAT(candidates_, Contains("l\u00B7"));       // L WITH MIDDLE DOT
  EXPECT_THAT(candidates_, Contains("L\u00B7"));
  EXPECT_THAT(candidates_, Contains("u\u0308\u0301"));  // by two steps
  EXPECT_THAT(candidates_, Contains("u\u0308"));
  EXPECT_THAT(candidates_, Contains("\u00FC\u0301"));  // by one
}

TEST_F(ContractionCandidatesTest, HoldTheBeginningsOfLongerOnes) {
  EXPECT_THAT(candidates_, Contains("\u0FB2\u0F71\u0F80"));  // TIBETAN
  EXPECT_THAT(candidates_, Contains("\u0FB2\u0F71"));
}

TEST_F(ContractionCandidatesTest, HoldOtherCodesOfTheSameCharacter) {
  // U+0387 and U+0340 are canonically U+00B7 and U+0300.
  EXPECT_THAT(candidates_, Contains("l\u0387"));
  EXPECT_THAT(candidates_, Contains("a\u0340"));
}

TEST_F(ContractionCandidatesTest, HoldVowelsThatAreWrittenBeforeTheirLetter) {
  EXPECT_THAT(candidates_, Contains("\u0E40\u0E01"));  // THAI
  EXPECT_THAT(candidates_, Contains("\u0EC0\u0E81"));  // LAO
  EXPECT_THAT(candidates_, Contains("\uAAB5\uAA80"));  // TAI VIET
  EXPECT_THAT(candidates_, Not(Contains("\u0E40\u0E81")));
  EXPECT_THAT(candidates_, Not(Contains("\u0E40a")));
  EXPECT_THAT(candidates_, Not(Contains("\u0E01\u0E40")));
}

TEST_F(ContractionCandidatesTest, HoldNoHangulSyllable) {
  for (const std::string& text : candidates_) {
    for (size_t i = 0; i < text.size();) {
      const char32_t c = NextCharacter(text, &i).value();
      EXPECT_FALSE(c >= 0xAC00 && c <= 0xD7A3) << text;
    }
  }
  // Nor what one decomposes into, be it by one step or by all.
  EXPECT_THAT(candidates_, Not(Contains("\u1100\u1161\u11A8")));
}

}  // namespace
}  // namespace postmirror
