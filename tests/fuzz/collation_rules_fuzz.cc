// The rules of a collation, as they may be read from a damaged store: only an
// encoding is taken, and what is taken can be applied to any text.
#include <optional>
#include <string>

#include "schema/key/collation_rules.h"
#include "schema/key/collation_table.h"
#include "schema/key/utf8.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace postmirror;

// Without sequences the form of a text is that of its characters.
void TryPrefixes(const CollationTable& table, absl::string_view text) {
  std::string whole, begin, rest;
  const bool has_form = table.Apply(text, &whole);
  for (size_t i = 0; i < text.size();) {
    if (!NextCharacter(text, &i).has_value()) {
      Require(!has_form, "what is not UTF-8 has no form");
      return;
    }
    const bool both = table.Apply(text.substr(0, i), &begin) &&
                      table.Apply(text.substr(i), &rest);
    Require(both == has_form, "a text has a form if its parts have");
    Require(!both || begin + rest == whole, "a form is that of the parts");
  }
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
  Require(!rules->bytes || (has_form && form == text),
          "bytes are their own form");
  // To try each beginning of a long text would take the square of its length.
  if (rules->bytes || !rules->sequences.empty()) return 0;
  TryPrefixes(table, text.substr(0, 100));
  return 0;
}
