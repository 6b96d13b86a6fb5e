// A snapshot: all rows of all maps of one server at one consistent moment.
#ifndef POSTMIRROR_SYNC_SNAPSHOT_H_
#define POSTMIRROR_SYNC_SNAPSHOT_H_

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "sync/collation_tables.h"
#include "sync/group_reader.h"  // IWYU pragma: export
#include "sync/mirror_plan.h"
#include "sync/packed_rows.h"
#include "sync/read_scope.h"

namespace postmirror {

struct MapSnapshot {
  const MirroredMap* map = nullptr;  // of the plan
  // How the keys are compared.
  CollationTables::Collation collation;
  PackedRows rows;  // sorted
  // The rows are those of these keys alone, normalized; all where absent.
  std::optional<std::set<std::string>> keys;
  // Rows whose key no entry can hold (MapRecord).
  uint64_t unstorable_rows = 0;
  // New keys of it wait: it is a list of domains, and a map of the server is
  // broken, so that the addresses of a new domain may not be known.
  bool additions_wait = false;
  // Keys without `@`: asked only where mydestination says so.
  bool has_local_part_keys = false;

  // Where the store has the map by another collation: the same rows by that
  // one, but for those that no lookup finds any more by their own spelling.
  std::unique_ptr<MapSnapshot> by_stored;

  // MapRecord.definition.
  std::string Definition() const;
};

struct Snapshot {
  std::vector<MapSnapshot> maps;  // those that were read
  ReadScope scope;                // what may have changed, as far as is known
  // Several groups could not be read without a change between them.
  bool is_one_moment = true;
  bool is_whole = true;    // every map that can be read, with all of its keys
  absl::Duration reading;  // how long reading the rows took, and nothing else
  // Removals wait: a map of the server is broken, and an address may be moving
  // into it.
  bool removals_wait = false;
  std::vector<std::string> broken_maps;  // by name
  // The host may lack what was read before: what it removes or changes is held,
  // key by key, until it is accepted.
  bool uncontained = false;
  // It is known to have all of it, and is in no doubt: what was held for that
  // reason is not any more.
  bool contained = false;
  // What was read so far at most, to be kept with the data (ReadBound,
  // encoded), and of which maps: all of its plan, read now or not. Empty: what
  // is kept stays.
  std::string read_bound;
  std::vector<std::string> bound_maps;
};

// Says what may have changed up to the moment that the open transactions show.
using ChooseScope = absl::FunctionRef<absl::StatusOr<ReadScope>()>;

// Reads all maps, whatever `choose` says, but those with a fault: see
// PreparedMap::fault, into which an error of a map's own is put. No transaction
// is open on the server when it returns. kOutOfRange where a map is more than
// is taken of one: that is its fault as well, but its connection is lost with
// the rest of it. REQUIRES: PrepareReaders returned OK.
absl::StatusOr<Snapshot> ReadSnapshot(absl::Span<GroupReader> readers,
                                      ChooseScope choose);

// The same, but reads what `choose` names and nothing else. kAborted where all
// maps have to be read.
absl::StatusOr<Snapshot> ReadNamed(absl::Span<GroupReader> readers,
                                   ChooseScope choose);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_SNAPSHOT_H_
