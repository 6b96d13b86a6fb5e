#include "schema/key/collation_rules.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {
namespace {

using namespace std::string_literals;  // For bytes with a NUL.

CollationRules Rules(std::vector<CollationRules::Range> ranges,
                     std::vector<CollationRules::Sequence> sequences = {}) {
  return {.name = "utf8mb4_sample_ci",
          .ranges = std::move(ranges),
          .sequences = std::move(sequences)};
}

// One of everything.
CollationRules Sample() {
  return Rules({{0, 8, ""},
                {'A', 'A', "a"},
                {'B', 'B', "b"},
                {0xC0, 0xC5, "a"},
                {0xDF, 0xDF, "ss"},
                {0x100, 0x100, std::string(200, 'x')},
                {0xD800, 0xDFFF, std::nullopt},
                {0x10000, 0x10FFFF, "\uFFFD"}},
               {{"ch", "\xFF\x02\x01 \xFE"}, {"l\u00B7", ""}});
}

bool IsRefused(absl::string_view bytes) {
  const auto decoded = DecodeCollationRules(bytes);
  return decoded.status().code() == absl::StatusCode::kDataLoss;
}

void ExpectComesBack(const CollationRules& rules) {
  const auto decoded = DecodeCollationRules(EncodeCollationRules(rules));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(*decoded == rules);
}

TEST(CollationRulesTest, AnEncodingComesBackAsItWas) {
  ExpectComesBack(Sample());
  ExpectComesBack(Rules({}));
  ExpectComesBack(Rules({{0, 0x10FFFF, std::nullopt}}));
  ExpectComesBack(AsciiCiRules());
  for (unsigned bits = 0; bits < 8; ++bits) {
    CollationRules rules = Rules({});
    rules.pads = (bits & 1) != 0;
    rules.bytes = (bits & 2) != 0;
    rules.exact = (bits & 4) != 0;
    ExpectComesBack(rules);
  }
}

TEST(CollationRulesTest, TheBytesAreThoseOfTheStore) {
  CollationRules rules =
      Rules({{'A', 'A', "a"}, {0xC0, 0xC5, std::nullopt}}, {{"l\u00B7", "m"}});
  rules.name = "ci";
  EXPECT_EQ(EncodeCollationRules(rules),
            "\x05\x02"
            "ci"
            "\x02\x41\0\x02"
            "a"
            "\x7E\x05\0"
            "\x01\x03"
            "l\u00B7"
            "\x01m"s);
  rules.bytes = true;
  rules.ranges[1].first = 0xC2;  // 0x80 behind the first: two bytes
  EXPECT_EQ(EncodeCollationRules(rules).substr(0, 12),
            "\x07\x02"
            "ci"
            "\x02\x41\0\x02"
            "a"
            "\x80\x01\x03"s);
}

TEST(CollationRulesTest, AnEncodingThatIsCutOffOrGoesOnIsRefused) {
  const std::string bytes = EncodeCollationRules(Sample());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(IsRefused(bytes.substr(0, size))) << size;
  }
  EXPECT_TRUE(IsRefused(bytes + '\0'));
  EXPECT_TRUE(IsRefused(bytes + bytes));
}

TEST(CollationRulesTest, AnyOtherByteIsRefusedOrMeansOtherRules) {
  const std::string bytes = EncodeCollationRules(Sample());
  size_t refused = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (unsigned change = 1; change < 256; ++change) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(static_cast<uint8_t>(bytes[i]) ^ change);
      const auto decoded = DecodeCollationRules(damaged);
      if (!decoded.ok()) {
        ASSERT_TRUE(IsRefused(damaged));
        ++refused;
      } else {
        ASSERT_EQ(EncodeCollationRules(*decoded), damaged) << i;
      }
    }
  }
  EXPECT_GT(refused, 0u);
}

TEST(CollationRulesTest, ANumberHasOneSpelling) {
  EXPECT_FALSE(IsRefused("\x05\0\0\0"s));
  EXPECT_TRUE(IsRefused("\x85\0\0\0\0"s));
  EXPECT_TRUE(IsRefused("\x05\x80\0\0\0"s));
  EXPECT_TRUE(IsRefused("\x05\0\x80\x80\0\0"s));
}

TEST(CollationRulesTest, UnknownBitsAreRefused) {
  EXPECT_FALSE(IsRefused("\x07\0\0\0"s));
  EXPECT_TRUE(IsRefused("\x08\0\0\0"s));
}

TEST(CollationRulesTest, LengthsAndCountsBeyondTheEndAreRefused) {
  EXPECT_TRUE(IsRefused("\x05\xFF\xFF\xFF\xFF\x7F\0\0"s));
  EXPECT_TRUE(IsRefused("\x05\0\xFF\xFF\xFF\xFF\x7F\0"s));
  EXPECT_TRUE(IsRefused("\x05\0\0\xFF\xFF\xFF\xFF\x7F"s));
  EXPECT_TRUE(IsRefused("\x05\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"s));
}

TEST(CollationRulesTest, ARangeEndsAtTheLastCharacter) {
  EXPECT_TRUE(IsRefused(EncodeCollationRules(Rules({{0, 0x110000, "a"}}))));
  EXPECT_TRUE(
      IsRefused(EncodeCollationRules(Rules({{0x110000, 0x110000, "a"}}))));
  EXPECT_TRUE(IsRefused(EncodeCollationRules(
      Rules({{0x10FFFF, 0x10FFFF, "a"}, {0x110000, 0x110000, "b"}}))));
}

TEST(CollationRulesTest, SequencesAreTextAndAscending) {
  const auto refused = [](std::vector<CollationRules::Sequence> sequences) {
    return IsRefused(EncodeCollationRules(Rules({}, std::move(sequences))));
  };
  EXPECT_FALSE(refused({{"ab", "x"}, {"abc", "x"}, {"b\u00E9", ""}}));
  EXPECT_TRUE(refused({{"ac", "x"}, {"ab", "x"}}));
  EXPECT_TRUE(refused({{"ab", "x"}, {"ab", "y"}}));
  EXPECT_TRUE(refused({{"", "x"}}));
  EXPECT_TRUE(refused({{"a\xFF", "x"}}));
}

TEST(CollationRulesTest, AsciiCiComparesLettersWithoutTheirCase) {
  const CollationRules rules = AsciiCiRules();
  EXPECT_EQ(rules.name, "ascii_ci");
  EXPECT_TRUE(rules.pads);
  EXPECT_FALSE(rules.bytes);
  EXPECT_FALSE(rules.exact);
  EXPECT_TRUE(rules.sequences.empty());
  std::map<char32_t, std::string> forms;
  for (const CollationRules::Range& range : rules.ranges) {
    ASSERT_EQ(range.first, range.last);
    forms[range.first] = range.form.value();
  }
  EXPECT_EQ(forms['A'], "a");
  EXPECT_EQ(forms['Z'], "z");
  EXPECT_EQ(forms[0xC9], "\u00E9");
  EXPECT_EQ(forms[0xDF], "ss");
  EXPECT_EQ(forms[0x10400], "\U00010428");
  for (char32_t c : {U'a', U'@', U'[', U' ', U'\0', U'\u00E9', U'\u4E00'}) {
    EXPECT_FALSE(forms.contains(c)) << static_cast<unsigned>(c);
  }
}

}  // namespace
}  // namespace postmirror
