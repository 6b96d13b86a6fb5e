#include <string>

#include "absl/strings/string_view.h"
#include "schema/config/parameter.h"
#include "schema/search/address_search.h"
#include "tests/bench/micro/suite.h"

namespace postmirror {
namespace {

constexpr absl::string_view kKnown = "anna.meyer4711@shop2342.example";
constexpr absl::string_view kValue = "user815@shop2342.example";

struct Case {
  absl::string_view key;
  int candidates;           // that the maps are asked for
  absl::string_view value;  // empty: not found
};

// A lookup that costs next to nothing, so that the search is what is measured.
void Search(const Case& wanted, benchmark::State* state) {
  SearchSettings settings;
  settings.recipient_delimiter = "+";
  AddressSearch search(settings, *FindParameter("virtual_alias_maps"));
  int asked = 0;
  const auto lookup = [&asked](size_t, absl::string_view key,
                               std::string* value) {
    ++asked;
    if (key != kKnown) return Outcome::kNotFound;
    value->assign(kValue.data(), kValue.size());
    return Outcome::kFound;
  };
  const Outcome right =
      wanted.value.empty() ? Outcome::kNotFound : Outcome::kFound;
  std::string value;
  for ([[maybe_unused]] auto _ : *state) {
    asked = 0;
    absl::string_view key = wanted.key;
    benchmark::DoNotOptimize(key);
    if (search.Run(key, 1, lookup, &value) != right ||
        asked != wanted.candidates) {
      state->SkipWithError("the search went another way");
      break;
    }
    benchmark::DoNotOptimize(value);
  }
  if (right == Outcome::kFound && value != wanted.value) {
    state->SkipWithError("the value is another one");
  }
}

}  // namespace

void AddAddressSearchBenchmarks(Suite* suite) {
  suite->Add("address search: hit", [](benchmark::State& state) {
    Search({kKnown, 1, kValue}, &state);
  });
  suite->Add("address search: hit without extension, attached",
             [](benchmark::State& state) {
               Search({"anna.meyer4711+list@shop2342.example", 2,
                       "user815+list@shop2342.example"},
                      &state);
             });
  suite->Add("address search: miss, three candidates",
             [](benchmark::State& state) {
               Search({"jan.novak4711+list@shop2342.example", 3, ""}, &state);
             });
}

}  // namespace postmirror
