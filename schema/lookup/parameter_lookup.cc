#include "schema/lookup/parameter_lookup.h"

#include <algorithm>

namespace postmirror {

ParameterLookup::ParameterLookup(const Config& config, StoreReader* store)
    : view_(store, config.MapNames()) {
  const std::vector<std::string> names = config.MapNames();
  searches_.reserve(config.served.size());
  for (const ServedParameter& served : config.served) {
    searches_.push_back(
        {.address_search = AddressSearch(config.search, *served.parameter),
         .maps = {}});
    for (const std::string& map : served.maps) {
      const auto name = std::find(names.begin(), names.end(), map);
      searches_.back().maps.push_back(
          static_cast<size_t>(name - names.begin()));
    }
  }
}

Outcome ParameterLookup::Lookup(size_t served, absl::string_view key,
                                std::string* value) {
  Search& search = searches_[served];
  // A map that the store does not know makes the whole parameter temporary: an
  // answer from the maps behind it could be a wrong one.
  if (const Outcome ready = CheckFilled(search, value);
      ready != Outcome::kFound) {
    return ready;
  }
  return search.address_search.Run(
      key, search.maps.size(),
      [&](size_t map, absl::string_view candidate, std::string* found) {
        return view_.Lookup(search.maps[map], candidate, found);
      },
      value);
}

Outcome ParameterLookup::LookupExact(size_t served, absl::string_view key,
                                     std::string* value) {
  Search& search = searches_[served];
  if (const Outcome ready = CheckFilled(search, value);
      ready != Outcome::kFound) {
    return ready;
  }
  for (const size_t map : search.maps) {
    const Outcome outcome = view_.Lookup(map, key, value);
    if (outcome != Outcome::kNotFound) return outcome;
  }
  return Outcome::kNotFound;
}

Outcome ParameterLookup::CheckFilled(const Search& search, std::string* value) {
  for (const size_t map : search.maps) {
    // Asking for a key that no map has says why a map cannot be asked.
    if (view_.Record(map) == nullptr) return view_.Lookup(map, "", value);
  }
  return Outcome::kFound;
}

}  // namespace postmirror
