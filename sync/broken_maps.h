// Which maps of a server are broken: each read that was tried for some seconds
// failed for a reason of that map's own. Before that the whole read is tried
// again, since a table may be away for a moment (a dump that is restored, a
// swap by RENAME); afterwards the other maps are read without it.
#ifndef POSTMIRROR_SYNC_BROKEN_MAPS_H_
#define POSTMIRROR_SYNC_BROKEN_MAPS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "schema/runtime/clock.h"
#include "sync/map_fault.h"

namespace postmirror {

struct BrokenMap {
  std::string error;  // MapFault::Text, of the last read
  Moment since;       // when it could not be read first
};

class BrokenMaps {
 public:
  // So long a map has to fail before it is broken.
  static constexpr absl::Duration kPatience = absl::Seconds(5);
  // How long a pause between two reads may be to count in full: in a longer one
  // nothing was asked.
  static constexpr absl::Duration kLongestPause = absl::Seconds(1);

  // A read of all maps found these faults. Another error of the same map's own
  // goes on counting: it cannot be read all the same.
  void Note(const std::vector<MapFault>& faults, const Moment& now);

  // The map was read.
  void NoteRead(const std::string& map) { faulty_.erase(map); }

  // Whether one of `faults`, all noted, may pass still.
  bool AnyMayPass(const std::vector<MapFault>& faults) const;

  bool any() const;

  // Those that are broken.
  std::vector<std::string> Names() const;

  // Nullptr where the map is not broken.
  const BrokenMap* Find(const std::string& map) const;

 private:
  struct Faulty {
    BrokenMap map;
    Moment noted;
    absl::Duration lasted;

    bool is_broken() const { return lasted >= kPatience; }
  };

  std::map<std::string, Faulty> faulty_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BROKEN_MAPS_H_
