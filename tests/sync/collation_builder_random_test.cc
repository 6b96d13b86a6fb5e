// Random collations against the rule that they are to follow: forms are equal
// where all weights, put one behind the other, are, and nowhere else.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/key/collation_table.h"
#include "schema/key/utf8.h"
#include "sync/collation_builder.h"

namespace postmirror {
namespace {

// A few characters with weights of a few units, so that many texts are equal.
class RandomCollation {
 public:
  explicit RandomCollation(unsigned seed) : random_(seed), weights_(0x400) {
    constexpr char32_t kCharacters[] = {'a',  'b',  ' ',  'A',   '~',
                                        0x01, 0xE9, 0xDF, 0x3B1, 0x3C9};
    unit_ = Any(3) == 0 ? 1 : 2;
    has_pairs_ = unit_ == 2 && Any(2) == 0;
    while (alphabet_.size() < 4) {
      const char32_t c = kCharacters[Any(std::size(kCharacters))];
      if (weights_[c].has_value()) continue;
      weights_[c] = Weight();
      alphabet_.push_back(Utf8Of(c));
    }
    AddTexts("", 4);
    for (size_t i = Any(4); i > 0; --i) AddContraction();
  }

  const CharacterWeights& weights() const { return weights_; }
  const std::vector<std::string>& texts() const { return texts_; }

  // All sequences of two and three characters, as a server would weigh them.
  SequenceWeights Sequences() const {
    SequenceWeights sequences;
    for (const std::string& text : texts_) {
      const size_t length = LengthOf(text);
      if (length == 2 || length == 3) {
        sequences.emplace_back(text, WeightOf(text));
      }
    }
    return sequences;
  }

  // The longest contraction first, from left to right.
  std::string WeightOf(absl::string_view text) const {
    std::string weight;
    for (size_t i = 0; i < text.size();) {
      const std::pair<const std::string, std::string>* longest = nullptr;
      for (const auto& contraction : contractions_) {
        if (absl::StartsWith(text.substr(i), contraction.first) &&
            (longest == nullptr ||
             contraction.first.size() > longest->first.size())) {
          longest = &contraction;
        }
      }
      if (longest != nullptr) {
        i += longest->first.size();
        absl::StrAppend(&weight, longest->second);
      } else {
        absl::StrAppend(&weight, *weights_[*NextCharacter(text, &i)]);
      }
    }
    return weight;
  }

 private:
  size_t Any(size_t size) {
    return std::uniform_int_distribution<size_t>(0, size - 1)(random_);
  }

  static size_t LengthOf(absl::string_view text) {
    size_t length = 0;
    for (size_t i = 0; i < text.size(); ++length) NextCharacter(text, &i);
    return length;
  }

  std::string Unit() {
    if (unit_ == 1) return std::string(1, "\x01\x02\x20"[Any(3)]);
    if (has_pairs_ && Any(3) == 0) {
      return absl::StrCat("\xFB\x40", Any(2) == 0 ? "\x80\x01" : "\x80\x20");
    }
    constexpr const char* kUnits[] = {"\x01\x02", "\x02\x01", "\x02\x20"};
    return kUnits[Any(3)];
  }

  std::string Weight() {
    std::string weight;
    for (size_t units = Any(6) == 0 ? 0 : 1 + Any(3); units > 0; --units) {
      absl::StrAppend(&weight, Unit());
    }
    return weight;
  }

  void AddTexts(const std::string& begin, size_t longest) {
    texts_.push_back(begin);
    if (longest == 0) return;
    for (const std::string& c : alphabet_) AddTexts(begin + c, longest - 1);
  }

  // One that weighs what its parts do would be none.
  void AddContraction() {
    const std::string text = texts_[Any(texts_.size())];
    const std::string weight = Weight();
    const size_t length = LengthOf(text);
    if ((length != 2 && length != 3) || WeightOf(text) == weight) return;
    contractions_[text] = weight;
  }

  std::mt19937 random_;
  size_t unit_ = 1;
  bool has_pairs_ = false;
  CharacterWeights weights_;
  std::vector<std::string> alphabet_;
  std::vector<std::string> texts_;
  std::map<std::string, std::string> contractions_;
};

TEST(CollationBuilderRandomTest, FormsAreEqualWhereWeightsAreAndNowhereElse) {
  size_t equal = 0;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    const RandomCollation collation(seed);
    const CollationTable table(BuildCollationRules(
        "random", true, collation.weights(), collation.Sequences()));
    std::map<std::string, std::string> forms, weights;
    for (const std::string& text : collation.texts()) {
      std::string form;
      ASSERT_TRUE(table.Apply(text, &form)) << text;
      const std::string weight = collation.WeightOf(text);
      const auto [same, is_new] = forms.try_emplace(weight, form);
      if (!is_new) ++equal;
      ASSERT_EQ(same->second, form) << text << ", seed " << seed;
      ASSERT_EQ(weights.try_emplace(form, weight).first->second, weight)
          << text << ", seed " << seed;
    }
  }
  EXPECT_GT(equal, 10000u);
}

}  // namespace
}  // namespace postmirror
