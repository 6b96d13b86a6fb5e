#include "sync/collation_builder.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "schema/key/collation_table.h"
#include "schema/key/utf8.h"
#include "schema/runtime/digest.h"

namespace postmirror {
namespace {

// Around an element of a weight that is no character's whole weight. Neither
// byte occurs in UTF-8; the first is not the whole of it (kEmptyKeyForm), and
// the last keeps a space inside from looking like one at the end of a key.
constexpr char kElementBegin = '\xFF';
constexpr char kElementEnd = '\xFE';

bool IsSurrogate(char32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

struct DigestOf {
  size_t operator()(absl::string_view text) const {
    return static_cast<size_t>(Digest(text));
  }
};

// Which character stands for a weight that several have: the one that a folded
// ASCII key has, so that such keys are their own form.
bool IsFoldedAscii(char32_t c) {
  return c >= 0x20 && c < 0x7F && !(c >= 'A' && c <= 'Z');
}

// Cuts weights into elements that can be told apart however they are put
// together.
class Elements {
 public:
  Elements(const CharacterWeights& characters,
           const SequenceWeights& sequences) {
    for (const std::optional<std::string>& weight : characters) {
      if (weight.has_value()) Measure(*weight);
    }
    for (const auto& [text, weight] : sequences) Measure(weight);
    if (unit_ == 0) unit_ = 1;
    // Characters without a weight of their own in the UCA have two units, of
    // which the first begins with FB (UTS 10, 10.1.3).
    pairs_ = unit_ == 2 && !breaks_pair_;
  }

  // The length of the element that `weight` begins with.
  size_t Length(absl::string_view weight) const {
    const size_t length = pairs_ && IsLead(weight) ? 2 * unit_ : unit_;
    return std::min(length, weight.size());
  }

 private:
  void Measure(const std::string& weight) {
    if (weight.empty()) return;
    unit_ = std::gcd(unit_, weight.size());
    breaks_pair_ = breaks_pair_ || BreaksPair(weight);
  }

  static bool IsLead(absl::string_view weight) { return weight[0] == '\xFB'; }

  static bool BreaksPair(absl::string_view weight) {
    while (!weight.empty()) {
      const size_t length = IsLead(weight) ? 4 : 2;
      if (weight.size() < length) return true;
      weight.remove_prefix(length);
    }
    return false;
  }

  size_t unit_ = 0;
  bool breaks_pair_ = false;
  bool pairs_ = false;
};

class Builder {
 public:
  Builder(const CharacterWeights& characters, const SequenceWeights& sequences)
      : characters_(characters),
        elements_(characters, sequences),
        owns_(characters.size()) {
    owners_.reserve(characters.size());
    for (const bool ascii : {true, false}) {
      for (char32_t c = 0; c < characters.size(); ++c) {
        if (IsFoldedAscii(c) != ascii || !characters[c].has_value()) continue;
        const std::string& weight = *characters[c];
        // Whole planes have one weight.
        if (c > 0 && characters[c] == characters[c - 1] &&
            IsFoldedAscii(c - 1) == ascii) {
          continue;
        }
        if (weight.empty() || elements_.Length(weight) != weight.size()) {
          continue;
        }
        owns_[c] = owners_.try_emplace(weight, c).second;
      }
    }
  }

  std::string FormOf(absl::string_view weight) const {
    std::string form;
    while (!weight.empty()) {
      const absl::string_view element =
          weight.substr(0, elements_.Length(weight));
      weight.remove_prefix(element.size());
      if (const auto owner = owners_.find(element); owner != owners_.end()) {
        absl::StrAppend(&form, Utf8Of(owner->second));
      } else {
        form.push_back(kElementBegin);
        form.push_back(static_cast<char>(element.size()));
        absl::StrAppend(&form, element);
        form.push_back(kElementEnd);
      }
    }
    return form;
  }

  std::vector<CollationRules::Range> Ranges() const {
    std::vector<CollationRules::Range> ranges;
    std::string form_of_last;
    const std::string* last = nullptr;
    for (char32_t c = 0; c < characters_.size(); ++c) {
      std::optional<std::string> form;
      // Most characters of a large collation are their own form.
      if (IsSurrogate(c) || owns_[c]) continue;
      if (characters_[c].has_value()) {
        // Whole planes have one weight.
        if (last == nullptr || *last != *characters_[c]) {
          form_of_last = FormOf(*characters_[c]);
        }
        last = &*characters_[c];
        form = form_of_last;
        if (*form == Utf8Of(c)) continue;
      }
      if (!ranges.empty() && ranges.back().last + 1 == c &&
          ranges.back().form == form) {
        ranges.back().last = c;
      } else {
        ranges.push_back({.first = c, .last = c, .form = std::move(form)});
      }
    }
    return ranges;
  }

 private:
  const CharacterWeights& characters_;
  const Elements elements_;
  // By element; the texts are those of characters_.
  std::unordered_map<absl::string_view, char32_t, DigestOf> owners_;
  std::vector<bool> owns_;  // whether a character is in there
};

}  // namespace

CollationRules BuildCollationRules(absl::string_view name, bool pads,
                                   const CharacterWeights& characters,
                                   const SequenceWeights& sequences) {
  const Builder builder(characters, sequences);
  CollationRules rules{.name = std::string(name),
                       .pads = pads,
                       .ranges = builder.Ranges(),
                       .sequences = {}};
  // The shorter first: a longer one that is made of them needs no rule.
  SequenceWeights ordered = sequences;
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    return a.first.size() < b.first.size();
  });
  size_t size = 0;
  for (size_t i = 0; i < ordered.size();) {
    const CollationTable table(rules);
    size = ordered[i].first.size();
    for (; i < ordered.size() && ordered[i].first.size() == size; ++i) {
      std::string expected;
      std::string form = builder.FormOf(ordered[i].second);
      if (table.Apply(ordered[i].first, &expected) && expected != form) {
        rules.sequences.push_back({ordered[i].first, std::move(form)});
      }
    }
    std::sort(rules.sequences.begin(), rules.sequences.end(),
              [](const auto& a, const auto& b) { return a.text < b.text; });
  }
  return rules;
}

}  // namespace postmirror
