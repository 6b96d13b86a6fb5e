// The address search over maps that answer as the input says. Whatever is
// asked, a temporary outcome is never turned into "not found".
#include "schema/search/address_search.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using postmirror::Outcome;
  using postmirror::Require;
  postmirror::FuzzInput input(bytes, size);
  const auto parameters = postmirror::Parameters();
  const postmirror::Parameter& parameter =
      parameters[input.Byte() % parameters.size()];
  postmirror::SearchSettings settings;
  settings.recipient_delimiter = "+";
  settings.local_domains = {"example.org"};
  const absl::string_view key = input.Line();
  const absl::string_view value_to_find = input.Line();

  bool temporary = false;
  bool found = false;
  size_t lookups = 0;
  auto lookup = [&](size_t map, absl::string_view, std::string* value) {
    Require(map < 2, "only maps that exist are asked");
    Require(!temporary, "the first temporary outcome ends the search");
    ++lookups;
    const uint8_t answer = input.Byte();
    temporary = answer % 4 == 1;
    if (answer % 4 == 2 && !value_to_find.empty()) {
      found = true;
      value->assign(value_to_find.data(), value_to_find.size());
      return Outcome::kFound;
    }
    value->assign("why");
    return temporary ? Outcome::kTemporary : Outcome::kNotFound;
  };
  postmirror::AddressSearch search(settings, parameter);
  std::string value;
  const Outcome outcome = search.Run(key, 2, lookup, &value);
  if (temporary) {
    Require(outcome == Outcome::kTemporary, "temporary stays temporary");
  }
  Require(!found || outcome != Outcome::kNotFound,
          "what a map answers is never not found");
  Require(outcome != Outcome::kFound || !value.empty(),
          "a found value is not empty");
  Require(lookups <= 32, "a search is short");
  return 0;
}
