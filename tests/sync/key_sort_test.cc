#include "sync/key_sort.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace postmirror {
namespace {

using ::testing::ElementsAre;

std::vector<std::pair<std::string, uint32_t>> Sorted(
    const std::vector<std::string>& texts) {
  std::vector<SortedKey> keys;
  keys.reserve(texts.size());
  for (const std::string& text : texts) {
    keys.push_back({text, static_cast<uint32_t>(keys.size())});
  }
  SortKeys(absl::MakeSpan(keys));
  std::vector<std::pair<std::string, uint32_t>> sorted;
  sorted.reserve(keys.size());
  for (const SortedKey& key : keys) {
    sorted.emplace_back(std::string(key.key), key.number);
  }
  return sorted;
}

TEST(KeySortTest, AKeyStandsBeforeThoseThatItBegins) {
  const std::string nul(1, '\0');
  EXPECT_THAT(
      Sorted({"a" + nul, "", "a", nul, "a" + nul + nul}),
      ElementsAre(std::pair("", 1U), std::pair(nul, 3U), std::pair("a", 2U),
                  std::pair("a" + nul, 0U), std::pair("a" + nul + nul, 4U)));
}

TEST(KeySortTest, EqualKeysStayInTheOrderOfTheirNumbers) {
  const std::string is_long(100, 'x');
  EXPECT_THAT(Sorted({is_long, "b", is_long, "a", "b", is_long}),
              ElementsAre(std::pair("a", 3U), std::pair("b", 1U),
                          std::pair("b", 4U), std::pair(is_long, 0U),
                          std::pair(is_long, 2U), std::pair(is_long, 5U)));
}

TEST(KeySortTest, BytesAreUnsigned) {
  EXPECT_THAT(Sorted({"\xff", "\x7f", "\x80", "1234567\xff", "1234567\x01"}),
              ElementsAre(std::pair("1234567\x01", 4U),
                          std::pair("1234567\xff", 3U), std::pair("\x7f", 1U),
                          std::pair("\x80", 2U), std::pair("\xff", 0U)));
}

// Few different bytes, so that keys share beginnings of all lengths.
TEST(KeySortTest, AgreesWithASortByComparison) {
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::pair<std::string, uint32_t>> expected;
    std::vector<std::string> texts;
    for (uint32_t i = 0; i < 500; ++i) {
      std::string text(random() % 40, '\0');
      for (char& byte : text) byte = "\0\x01\xff"[random() % 8 % 3];
      expected.emplace_back(text, i);
      texts.push_back(std::move(text));
    }
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(Sorted(texts), expected);
  }
}

}  // namespace
}  // namespace postmirror
