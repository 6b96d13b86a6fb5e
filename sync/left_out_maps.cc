#include "sync/left_out_maps.h"

#include <utility>

namespace postmirror {

void LeftOutMaps::Note(absl::Span<const GroupReader> readers,
                       const Moment& now) {
  for (const GroupReader& reader : readers) {
    for (size_t i = 0; i < reader.maps.size(); ++i) {
      const std::string& name = reader.group->maps[i].name;
      const absl::Status& fault = reader.maps[i].fault;
      if (!absl::IsOutOfRange(fault) || Has(name, now)) continue;
      maps_[name] = {.fault = fault, .since = now};
    }
  }
}

void LeftOutMaps::LeaveOut(absl::Span<GroupReader> readers, const Moment& now) {
  for (GroupReader& reader : readers) {
    for (size_t i = 0; i < reader.maps.size(); ++i) {
      const std::string& name = reader.group->maps[i].name;
      absl::Status& fault = reader.maps[i].fault;
      const auto found = maps_.find(name);
      if (!fault.ok() || found == maps_.end()) continue;
      LeftOut& map = found->second;
      if (!std::exchange(map.was_left_out, true) || Has(name, now)) {
        fault = map.fault;
      }
    }
  }
}

bool LeftOutMaps::Has(const std::string& map, const Moment& now) const {
  const auto found = maps_.find(map);
  return found != maps_.end() && Elapsed(found->second.since, now) < interval_;
}

}  // namespace postmirror
