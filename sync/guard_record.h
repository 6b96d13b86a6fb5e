// What the guard knows of one map. It is kept in the store, in the transaction
// of the data that it is about (EncodeGuardRecord), so that neither a restart
// nor a release makes the guard forget.
#ifndef POSTMIRROR_SYNC_GUARD_RECORD_H_
#define POSTMIRROR_SYNC_GUARD_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/runtime/clock.h"
#include "sync/key_set.h"
#include "sync/key_traces.h"

namespace postmirror {

// How large a map was, and the last moment at which it was so large.
struct MapSize {
  uint64_t entries = 0;
  Moment when;

  friend bool operator==(const MapSize&, const MapSize&) = default;
};

// A map that is held: its removals and changed values wait.
struct Hold {
  // Why; at least one. The first two end by themselves.
  bool removals = false;  // too many keys are missing
  bool values = false;    // too many values changed
  bool unknown = false;   // what was held cannot be known any more
  // The largest count of the hour before it began; 0 where it is not known yet.
  uint64_t measure = 0;
  // Keys that are new since then: that they go again is no loss.
  KeySet newcomers;

  friend bool operator==(const Hold&, const Hold&) = default;
};

// Keys whose removal and changed value wait, each by itself, until the database
// has them again as the store has them, or until they are accepted.
struct HeldKeys {
  KeySet uncontained;  // the host may lack what was read before; until one
                       // comes that has all of it
  KeySet later;        // came after what was accepted
  // Of both, those that went with a store: nothing keeps them alive any more.
  KeySet gone;

  bool empty() const { return uncontained.empty() && later.empty(); }
  size_t size() const { return uncontained.size() + later.size(); }
  KeySet all() const {
    KeySet keys = uncontained;
    keys.Add(later);
    return keys;
  }
  bool Contains(uint64_t key) const {
    return uncontained.Contains(key) || later.Contains(key);
  }

  friend bool operator==(const HeldKeys&, const HeldKeys&) = default;
};

struct GuardRecord {
  // So many newcomers, and so many held keys, are remembered.
  static constexpr size_t kMaxKeys = KeyTraces::kMaxKeys;

  // Before each fall within the last hour.
  std::deque<MapSize> counts;
  KeyTraces missing;  // removed, and not there again
  KeyTraces changed;  // their value is another one than before
  std::optional<Hold> hold;
  HeldKeys held_keys;

  // The largest count of the last hour, of a map that has `entries` now.
  uint64_t Measure(uint64_t entries) const;

  // Forgets what is older than an hour, but for what holds the map.
  void Expire(const Moment& now);

  // Remembers that the map had more entries until now.
  void Fell(uint64_t entries, const Moment& now);

  friend bool operator==(const GuardRecord&, const GuardRecord&) = default;
};

// The bytes of it; schema/README.md.
std::string EncodeGuardRecord(const GuardRecord& record);

// Fails with kDataLoss on anything but an encoding of EncodeGuardRecord.
absl::StatusOr<GuardRecord> DecodeGuardRecord(absl::string_view bytes);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_GUARD_RECORD_H_
