// The collations that the store has maps by. Each is kept as long as a map has
// it, since to make one of its bytes takes long.
#ifndef POSTMIRROR_SYNC_STORED_COLLATIONS_H_
#define POSTMIRROR_SYNC_STORED_COLLATIONS_H_

#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "schema/store/store_writer.h"
#include "sync/collation_tables.h"

namespace postmirror {

// Deletes those of the records `before` that are not `used` (digests) any more.
absl::Status DropUnusedCollations(
    const std::map<std::string, MapRecord>& before,
    const std::set<std::string>& used, StoreTransaction* transaction);

class StoredCollations {
 public:
  // See MirrorStore::OtherCollations. `records` are the store's, and `writer`
  // reads the same store.
  std::map<std::string, CollationTables::Collation> OtherThan(
      const std::map<std::string, std::string>& digests,
      const std::map<std::string, MapRecord>& records, StoreWriter* writer);

 private:
  CollationTables::Collation Get(const std::string& digest,
                                 StoreWriter* writer);

  std::map<std::string, CollationTables::Collation> kept_;  // by digest
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_STORED_COLLATIONS_H_
