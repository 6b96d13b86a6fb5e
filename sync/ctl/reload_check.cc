#include "sync/ctl/reload_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

using Maps = std::vector<std::string>;

Maps MapsOf(const std::vector<ParameterMaps>& parameters,
            const std::string& name) {
  for (const ParameterMaps& parameter : parameters) {
    if (parameter.name == name) return parameter.maps;
  }
  return {};
}

bool Contains(const Maps& maps, const std::string& map) {
  return std::find(maps.begin(), maps.end(), map) != maps.end();
}

}  // namespace

std::vector<std::string> CompareParameters(
    const std::vector<ParameterMaps>& configured,
    const std::vector<ParameterMaps>& read) {
  std::vector<std::string> lines;
  for (const auto& [name, maps] : configured) {
    const Maps served = MapsOf(read, name);
    for (const std::string& map : maps) {
      if (Contains(served, map)) continue;
      lines.push_back(absl::StrCat("postmirror-proxy does not serve map ", map,
                                   " of ", name, ": reload it"));
    }
    if (served != maps && std::is_permutation(served.begin(), served.end(),
                                              maps.begin(), maps.end())) {
      lines.push_back(absl::StrCat("postmirror-proxy asks the maps of ", name,
                                   " in another order than postmirror.cf: "
                                   "reload it"));
    }
  }
  for (const auto& [name, maps] : read) {
    const Maps wanted = MapsOf(configured, name);
    for (const std::string& map : maps) {
      if (Contains(wanted, map)) continue;
      lines.push_back(absl::StrCat("postmirror-proxy still serves map ", map,
                                   " of ", name,
                                   ", which postmirror.cf does not name there: "
                                   "reload it"));
    }
  }
  return lines;
}

bool HasMap(const std::vector<ParameterMaps>& parameters,
            const std::string& map) {
  return std::any_of(
      parameters.begin(), parameters.end(),
      [&](const ParameterMaps& each) { return Contains(each.maps, map); });
}

}  // namespace postmirror
