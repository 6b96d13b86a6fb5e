#include "proxy/map_switch.h"

#include <algorithm>

#include "schema/store/store_view.h"

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

std::vector<std::string> WaitingInStore(const Config& wanted,
                                        const Config& serving,
                                        StoreReader* store) {
  const std::vector<std::string> maps = wanted.MapNames();
  StoreView view(store, maps);
  view.Begin();
  std::vector<std::string> waiting =
      WaitingParameters(wanted, serving, [&](const std::string& map) {
        const auto name = std::find(maps.begin(), maps.end(), map);
        return view.Record(static_cast<size_t>(name - maps.begin())) != nullptr;
      });
  view.End();
  return waiting;
}

}  // namespace postmirror
