#include "schema/runtime/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace postmirror {
namespace {

TEST(DigestTest, IsTheXxh3OfTheStore) {
  // As `xxhsum -H3` tells it.
  EXPECT_EQ(Digest(""), 0x2d06800538d394c2u);
  EXPECT_EQ(DigestText(""), "2d06800538d394c2");
}

TEST(DigestTest, TextAlwaysHasSixteenDigits) {
  bool has_leading_zero = false;
  for (int i = 0; i < 100; ++i) {
    const std::string text = DigestText(std::to_string(i));
    EXPECT_EQ(text.size(), 16u) << text;
    EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(std::stoull(text, nullptr, 16), Digest(std::to_string(i)));
    has_leading_zero = has_leading_zero || text[0] == '0';
  }
  EXPECT_TRUE(has_leading_zero);
}

TEST(DigestTest, EveryBitCounts) {
  const std::string bytes(40, '\0');
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(1u << (bit % 8));
    EXPECT_NE(Digest(changed), Digest(bytes)) << bit;
  }
  EXPECT_NE(Digest(bytes + '\0'), Digest(bytes));
}

}  // namespace
}  // namespace postmirror
