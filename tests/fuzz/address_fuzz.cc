// Keys and values as foreign bytes: the search ends, normalization under
// ascii_ci and the putting of extensions into values are idempotent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "schema/config/parameter.h"
#include "schema/key/normalization.h"
#include "schema/search/address.h"
#include "schema/search/address_search.h"

namespace {

using namespace postmirror;

void Require(bool holds) {
  if (!holds) std::abort();
}

void TryNormalization(absl::string_view key) {
  for (bool utf8 : {false, true}) {
    static const auto table =
        std::make_shared<const CollationTable>(AsciiCiRules());
    const Normalization normalization(utf8, table);
    std::string once, twice;
    const KeyKind kind = normalization.NormalizeKey(key, &once);
    if (kind == KeyKind::kUnmatchable || once == kEmptyKeyForm) continue;
    Require(!once.empty());
    Require(normalization.NormalizeKey(once, &twice) != KeyKind::kUnmatchable);
    Require(once == twice);
  }
}

void TryExtension(absl::string_view value, absl::string_view extension) {
  std::string once, twice;
  if (!AppendWithExtension(value, extension, &once)) return;
  Require(AppendWithExtension(once, "", &twice));
  Require(once == twice);
}

void TrySearch(absl::string_view key, absl::string_view value) {
  SearchSettings settings;
  settings.recipient_delimiter = "+-";
  settings.local_domains = {"d"};
  for (const Parameter& parameter : Parameters()) {
    AddressSearch search(settings, parameter);
    // Lookup number `hit` finds the value; the last of these finds nothing.
    for (int hit = 0; hit < 8; ++hit) {
      int asked = 0;
      std::string found;
      const auto lookup = [&](size_t, absl::string_view form,
                              std::string* answer) {
        Require(!form.empty());
        if (asked++ != hit) return Outcome::kNotFound;
        answer->assign(value.data(), value.size());
        return Outcome::kFound;
      };
      const Outcome outcome = search.Run(key, 1, lookup, &found);
      Require((outcome == Outcome::kNotFound) == (asked <= hit));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(bytes), size);
  const size_t cut = input.find('\n');
  const absl::string_view key = input.substr(0, cut);
  const absl::string_view value =
      cut == absl::string_view::npos ? key : input.substr(cut + 1);
  TryNormalization(input);
  TryExtension(value, "+x");
  TryExtension(value, key);
  TrySearch(key, value);
  return 0;
}
