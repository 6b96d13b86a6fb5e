// Maps in memory for tests of the address search, with what they were asked.
#ifndef POSTMIRROR_TESTS_SCHEMA_SEARCH_FAKE_MAPS_H_
#define POSTMIRROR_TESTS_SCHEMA_SEARCH_FAKE_MAPS_H_

#include <cstddef>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "schema/config/parameter.h"
#include "schema/config/search_settings.h"
#include "schema/key/key_folding.h"
#include "schema/search/address_search.h"

namespace postmirror {

// What a search came to: "TEMP", "NOTFOUND" or the value.
inline std::string Text(Outcome outcome, absl::string_view value) {
  if (outcome == Outcome::kTemporary) return "TEMP";
  return outcome == Outcome::kNotFound ? "NOTFOUND" : std::string(value);
}

class FakeMaps {
 public:
  using Rows = std::map<std::string, std::string>;

  FakeMaps(std::initializer_list<Rows> maps) : maps_(maps) {}

  // Answers TEMP where `map` is asked for `key`.
  void Break(size_t map, absl::string_view key) {
    broken_ = absl::StrCat(map, " ", key);
  }

  // Folds the key as the store does.
  Outcome Lookup(size_t map, absl::string_view key, std::string* value) {
    std::string asked = absl::StrCat(map, " ", key);
    const bool breaks = asked == broken_;
    asked_.push_back(maps_.size() == 1 ? std::string(key) : std::move(asked));
    if (breaks) {
      *value = "broken";
      return Outcome::kTemporary;
    }
    std::string folded;
    FoldKey(key, true, &folded);
    const auto row = maps_[map].find(folded);
    if (row == maps_[map].end()) return Outcome::kNotFound;
    *value = row->second;
    return Outcome::kFound;
  }

  size_t size() const { return maps_.size(); }

  // In order; "MAP KEY" where there are several maps, else the key.
  const std::vector<std::string>& asked() const { return asked_; }

 private:
  std::vector<Rows> maps_;
  std::string broken_;
  std::vector<std::string> asked_;
};

// Runs searches with `+` as the delimiter; change `settings` before the first.
class SearchFixture {
 public:
  // The outcome as Text(), the operator's reason in reason().
  std::string Run(absl::string_view parameter, absl::string_view key,
                  FakeMaps* maps) {
    AddressSearch search(settings, *FindParameter(parameter));
    std::string value = "left over";
    const Outcome outcome = search.Run(
        key, maps->size(),
        [&](size_t map, absl::string_view asked, std::string* found) {
          return maps->Lookup(map, asked, found);
        },
        &value);
    reason_ = value;
    return Text(outcome, value);
  }

  const std::string& reason() const { return reason_; }

  SearchSettings settings = [] {
    SearchSettings plus;
    plus.recipient_delimiter = "+";
    return plus;
  }();

 private:
  std::string reason_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SCHEMA_SEARCH_FAKE_MAPS_H_
