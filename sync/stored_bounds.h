// The bounds that the store keeps, a note for each list of hosts. A list that
// the configuration does not name is a former one: what was read by it counts
// for the lists that follow it, and not for itself, should it be named again;
// others may have read more since. A value.
#ifndef POSTMIRROR_SYNC_STORED_BOUNDS_H_
#define POSTMIRROR_SYNC_STORED_BOUNDS_H_

#include <map>
#include <optional>
#include <set>
#include <string>

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

  // That of a list of hosts (Snapshot::hosts) is there, damaged or not.
  bool Has(const std::string& list) const;
  bool HasEqual(const std::string& list, const std::string& bound) const;

  // StoredReads::bounds.
  Notes ByDigest() const;

  // The bounds with this one. Those of lists that are not in `configured` are
  // former ones from then on, and go once each list that is has its own; where
  // `configured` is empty, it is not known.
  StoredBounds With(const std::string& list, const std::string& bound,
                    const std::set<std::string>& configured) const;

  // Writes what differs from `stored`, which the store has.
  absl::Status Write(const StoredBounds& stored,
                     StoreTransaction* transaction) const;

 private:
  void Retire(const std::set<std::string>& configured);

  Notes notes_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_STORED_BOUNDS_H_
