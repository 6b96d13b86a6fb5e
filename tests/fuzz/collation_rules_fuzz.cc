// The rules of a collation, as they may be read from a damaged store: only an
// encoding is taken, and what is taken can be applied to any text.
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "schema/key/collation_rules.h"
#include "schema/key/collation_table.h"
#include "schema/key/utf8.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace postmirror;

// The longest sequence that `text` begins with.
const CollationRules::Sequence* FindSequence(const CollationRules& rules,
                                             absl::string_view text) {
  const CollationRules::Sequence* longest = nullptr;
  for (const CollationRules::Sequence& sequence : rules.sequences) {
    if (absl::StartsWith(text, sequence.text) &&
        (longest == nullptr || sequence.text.size() > longest->text.size())) {
      longest = &sequence;
    }
  }
  return longest;
}

const CollationRules::Range* FindRange(const CollationRules& rules,
                                       char32_t c) {
  for (const CollationRules::Range& range : rules.ranges) {
    if (range.first <= c && c <= range.last) return &range;
  }
  return nullptr;
}

// What the rules say, read slowly.
std::optional<std::string> FormOf(const CollationRules& rules,
                                  absl::string_view text) {
  if (rules.bytes) return std::string(text);
  std::string form;
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    const std::optional<char32_t> c = NextCharacter(text, &i);
    if (!c.has_value()) return std::nullopt;
    const auto* sequence = FindSequence(rules, text.substr(begin));
    const CollationRules::Range* range = FindRange(rules, *c);
    if (sequence != nullptr) {
      form += sequence->form;
      i = begin + sequence->text.size();
    } else if (range == nullptr) {
      form += Utf8Of(*c);
    } else if (range->form.has_value()) {
      form += *range->form;
    } else {
      return std::nullopt;
    }
  }
  return form;
}

}  // namespace

// A line of text, then the rules.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  FuzzInput input(bytes, size);
  const absl::string_view text = input.Line();
  const absl::StatusOr<CollationRules> rules =
      DecodeCollationRules(input.rest());
  if (!rules.ok()) return 0;
  Require(EncodeCollationRules(*rules) == input.rest(),
          "only what EncodeCollationRules makes is taken for rules");
  const CollationTable table(*rules);
  std::string form;
  const bool has_form = table.Apply(text, &form);
  const std::optional<std::string> expected = FormOf(*rules, text);
  Require(has_form == expected.has_value(), "a text has a form by the rules");
  Require(!has_form || form == *expected, "a form is made by the rules");
  return 0;
}
