// The bounds that the store keeps, a note for each map: what was read at most
// of the hosts of its plan, whichever these were. A map that moves to other
// hosts takes its own with it. A value.
#ifndef POSTMIRROR_SYNC_STORED_BOUNDS_H_
#define POSTMIRROR_SYNC_STORED_BOUNDS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "schema/store/store_writer.h"

namespace postmirror {

class StoredBounds {
 public:
  // By note; nullopt where one is damaged.
  using Notes = std::map<std::string, std::optional<std::string>>;

  StoredBounds() = default;
  // Of all notes of a store, those that are bounds.
  explicit StoredBounds(Notes notes);

  // Whether the map has one, damaged or not.
  bool Has(const std::string& map) const;
  bool HasAll(const std::vector<std::string>& maps) const;

  // Those of maps that have one, by map.
  Notes Of(const std::vector<std::string>& maps) const;

  // There is one of an earlier version. It was written for a list of hosts, and
  // does not say for which maps.
  bool has_former() const;

  // The bounds with this one for each of the maps.
  StoredBounds With(const std::vector<std::string>& maps,
                    const std::string& bound) const;

  // Those of these maps alone; and those of an earlier version, unless each map
  // has its own.
  StoredBounds Only(const std::vector<std::string>& maps) const;

  // Writes what differs from `stored`, which the store has.
  absl::Status Write(const StoredBounds& stored,
                     StoreTransaction* transaction) const;

  friend bool operator==(const StoredBounds&, const StoredBounds&) = default;

 private:
  Notes notes_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_STORED_BOUNDS_H_
