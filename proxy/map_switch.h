// Which maps a parameter is answered from after a reload: its new ones only
// once all of them are filled, and until then its former ones. A map that was
// never read would make every lookup of the parameter temporary.
#ifndef POSTMIRROR_PROXY_MAP_SWITCH_H_
#define POSTMIRROR_PROXY_MAP_SWITCH_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "schema/config/config.h"

namespace postmirror {

struct MapSwitch {
  Config config;                     // the wanted one, with maps to answer from
  std::vector<std::string> waiting;  // parameters that keep their former maps

  friend bool operator==(const MapSwitch&, const MapSwitch&) = default;
};

// `serving` is what is answered from now; `is_filled` tells whether the store
// has that map.
MapSwitch SwitchMaps(const Config& wanted, const Config& serving,
                     absl::FunctionRef<bool(const std::string& map)> is_filled);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_MAP_SWITCH_H_
