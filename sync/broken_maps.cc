#include "sync/broken_maps.h"

#include <algorithm>

namespace postmirror {

void BrokenMaps::Note(const std::vector<MapFault>& faults, const Moment& now) {
  for (const MapFault& fault : faults) {
    const auto [found, is_new] = faulty_.try_emplace(fault.map);
    Faulty& faulty = found->second;
    if (is_new) {
      faulty.map.since = now;
    } else {
      faulty.lasted += std::min(Elapsed(faulty.noted, now), kLongestPause);
    }
    faulty.noted = now;
    faulty.map.error = fault.Text();
  }
}

bool BrokenMaps::AnyMayPass(const std::vector<MapFault>& faults) const {
  return std::any_of(
      faults.begin(), faults.end(),
      [this](const MapFault& fault) { return Find(fault.map) == nullptr; });
}

std::vector<std::string> BrokenMaps::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, faulty] : faulty_) {
    if (faulty.is_broken()) names.push_back(name);
  }
  return names;
}

bool BrokenMaps::any() const {
  return std::any_of(faulty_.begin(), faulty_.end(),
                     [](const auto& each) { return each.second.is_broken(); });
}

const BrokenMap* BrokenMaps::Find(const std::string& map) const {
  const auto found = faulty_.find(map);
  if (found == faulty_.end() || !found->second.is_broken()) return nullptr;
  return &found->second.map;
}

}  // namespace postmirror
