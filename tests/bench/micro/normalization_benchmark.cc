#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "schema/key/collation_rules.h"
#include "schema/key/key_folding.h"
#include "schema/key/normalization.h"
#include "tests/bench/micro/suite.h"

namespace postmirror {
namespace {

constexpr absl::string_view kAscii = "Anna.Meyer4711@shop2342.example";
constexpr absl::string_view kAsciiForm = "anna.meyer4711@shop2342.example";
constexpr absl::string_view kUtf8 = "Jürgen.Groß4711@bücher2342.example";
constexpr absl::string_view kUtf8Form = "jurgen.gross4711@bucher2342.example";

// As a collation of MariaDB has it: letters without case and accents.
Normalization Sample() {
  CollationRules rules;
  rules.name = "sample";
  for (char32_t letter = 'A'; letter <= 'Z'; ++letter) {
    const char lower = static_cast<char>(letter - 'A' + 'a');
    rules.ranges.push_back({letter, letter, std::string(1, lower)});
  }
  rules.ranges.push_back({0xFC, 0xFC, "u"});
  return {true, std::make_shared<const CollationTable>(rules)};
}

void Normalize(absl::string_view key, absl::string_view form,
               benchmark::State* state) {
  const Normalization normalization = Sample();
  std::string normalized;
  for ([[maybe_unused]] auto _ : *state) {
    benchmark::DoNotOptimize(key);
    if (normalization.NormalizeKey(key, &normalized) != KeyKind::kExact) {
      state->SkipWithError("the key is not exact");
      break;
    }
    benchmark::DoNotOptimize(normalized);
  }
  if (normalized != form) state->SkipWithError("the form is another one");
}

void Fold(absl::string_view key, benchmark::State* state) {
  std::string folded;
  for ([[maybe_unused]] auto _ : *state) {
    benchmark::DoNotOptimize(key);
    if (!FoldKey(key, true, &folded)) {
      state->SkipWithError("the key cannot be folded");
      break;
    }
    benchmark::DoNotOptimize(folded);
  }
}

}  // namespace

void AddNormalizationBenchmarks(Suite* suite) {
  suite->Add("normalization: fold a key of ASCII",
             [](benchmark::State& state) { Fold(kAscii, &state); });
  suite->Add("normalization: fold another key",
             [](benchmark::State& state) { Fold(kUtf8, &state); });
  suite->Add(
      "normalization: normalize a key of ASCII",
      [](benchmark::State& state) { Normalize(kAscii, kAsciiForm, &state); });
  suite->Add(
      "normalization: normalize another key",
      [](benchmark::State& state) { Normalize(kUtf8, kUtf8Form, &state); });
}

}  // namespace postmirror
