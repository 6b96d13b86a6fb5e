#include "proxy/map_switch.h"

#include <algorithm>

namespace postmirror {

MapSwitch SwitchMaps(
    const Config& wanted, const Config& serving,
    absl::FunctionRef<bool(const std::string& map)> is_filled) {
  MapSwitch result = {.config = wanted, .waiting = {}};
  for (ServedParameter& served : result.config.served) {
    if (std::all_of(served.maps.begin(), served.maps.end(), is_filled)) {
      continue;
    }
    const ServedParameter* const former = serving.Find(served.parameter->name);
    if (former == nullptr || former->maps == served.maps) continue;
    served.maps = former->maps;
    result.waiting.emplace_back(served.parameter->name);
  }
  return result;
}

}  // namespace postmirror
