// What was read so far, at most: what a host must contain, so that reading it
// takes nothing back. A value; it is kept in the store, in the transaction of
// the data.
#ifndef POSTMIRROR_SYNC_READ_BOUND_H_
#define POSTMIRROR_SYNC_READ_BOUND_H_

#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "sync/binlog/gtid_positions.h"
#include "sync/host_facts.h"

namespace postmirror {

struct ReadBound {
  GtidPositions gtids;
  // The entry of the host that was read last; empty where that is not known.
  std::string last;
  // Each host that was read, by its entry, as it was then. What a host has now
  // is told from what it had itself, whoever was read in between. One that has
  // left the configuration stays: it may come back as another than it was.
  std::map<std::string, HostTraits> hosts;
  // Writers that began their numbers again (RESET MASTER): a number of theirs
  // may be one of before, on any host but the last one.
  std::set<GtidWriter> restarted;
  // Hosts that were seen without transactions that they had before. Other ones
  // may get the same numbers.
  std::set<std::string> lost;
  // Hosts without a binlog whose own changes were read: these have no GTIDs, so
  // that no number tells whether another host has them.
  std::set<std::string> unnumbered;

  friend bool operator==(const ReadBound&, const ReadBound&) = default;
};

// The host as it was when it was read, if it is the same server by its entry
// and its server_uid; nullptr where it was not read. Good as long as the bound
// is as it is.
const HostTraits* AsItWas(const ReadBound& bound, const HostTraits& now);

// Whether the host's binlog is behind that of before: it was begun again, or is
// an older one.
bool BinlogWentBack(const HostTraits& now, const HostTraits& before);

// How a host was read.
enum class Reading {
  kTaken,        // the store is equal to it
  kPartly,       // it contains the bound; the guard may hold some of it
  kUncontained,  // it may not, and what it lacks is held
};

// The bound once a host was read; `before` is absent at the first read.
// `unnumbered`: what was read may have changes without GTIDs.
ReadBound BoundAfter(const std::optional<ReadBound>& before,
                     const HostFacts& facts, Reading reading,
                     bool unnumbered = false);

// Notes where the logs of the host are that was read last.
void FollowPositions(const HostFacts& facts, ReadBound* bound);

// What a host must contain that is to be read for the maps of both bounds: each
// number is the higher of the two.
ReadBound Joined(ReadBound one, const ReadBound& other);

// Do not change: stored (schema/README.md). The traits of a host are the lines
// that follow its own.
std::string EncodeReadBound(const ReadBound& bound);

// nullopt for anything but an encoding.
std::optional<ReadBound> DecodeReadBound(absl::string_view bytes);

// What the store knows of earlier reads of some maps.
struct StoredReads {
  bool filled = false;  // any of the maps has a record
  // The encodings, by map; nullopt where one is not as it was written.
  std::map<std::string, std::optional<std::string>> bounds;
  // The store is damaged, or cannot be opened; or the notes are of an earlier
  // version.
  bool unknown = false;
};

// What was read of these maps.
struct Recollection {
  // Absent at a first fill, or after an upgrade from a version that kept none.
  std::optional<ReadBound> bound;
  bool damaged = false;  // there was one, and it is not known
};

// All that was read of any of the maps, by whichever hosts.
Recollection Recall(const StoredReads& stored);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_READ_BOUND_H_
