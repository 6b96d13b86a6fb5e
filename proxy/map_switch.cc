#include "proxy/map_switch.h"

#include <algorithm>

namespace postmirror {

std::vector<std::string> WaitingParameters(
    const Config& wanted, const Config& serving,
    absl::FunctionRef<bool(const std::string& map)> is_filled) {
  std::vector<std::string> waiting;
  for (const ServedParameter& served : wanted.served) {
    const ServedParameter* const former = serving.Find(served.parameter->name);
    if (former != nullptr && former->maps == served.maps) continue;
    if (!std::all_of(served.maps.begin(), served.maps.end(), is_filled)) {
      waiting.emplace_back(served.parameter->name);
    }
  }
  return waiting;
}

}  // namespace postmirror
