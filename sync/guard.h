// The guard: holds back a change set that removes too much of a map, as an
// emptied table, a wrong database or a half restored dump would. Keys that are
// new to the store are applied meanwhile; removals and changed values wait for
// the administrator (`postmirrorctl accept`) or for the table to come back.
#ifndef POSTMIRROR_SYNC_GUARD_H_
#define POSTMIRROR_SYNC_GUARD_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "schema/runtime/clock.h"
#include "sync/change_set.h"

namespace postmirror {

// How large a map was, and the last moment at which it was so large.
struct MapSize {
  uint64_t entries = 0;
  Moment when;

  friend bool operator==(const MapSize&, const MapSize&) = default;
};

// The removals of a change set, by which the administrator names it.
struct Removals {
  uint64_t count = 0;
  std::string digest;                // 16 hexadecimal digits, of all keys
  std::vector<uint64_t> key_hashes;  // sorted

  friend bool operator==(const Removals&, const Removals&) = default;
};

Removals DigestRemovals(const ChangeSet& changes);

class Guard {
 public:
  // `max_shrink` is the part of a map, 0 to 1, that may vanish at once.
  explicit Guard(double max_shrink) : max_shrink_(max_shrink) {}

  // Goes on where the guard of an earlier process ended: what it measured
  // against, and what it held, if anything.
  void Restore(const std::string& map, const MapSize& largest,
               std::optional<Removals> held);

  // What the map's next change set is measured against, if anything.
  std::optional<MapSize> Largest(const std::string& map) const;

  // Says whether the change set may be applied whole; otherwise the map is held
  // from now on. REQUIRES: it is asked of every change set of the map, since it
  // learns from them how many entries the map had and when.
  bool Passes(const std::string& map, const ChangeSet& changes,
              const Moment& now);

  // The map is filled for the first time, or once more after damage: what was
  // held of it and how large it was count no more.
  void Forget(const std::string& map) { maps_.erase(map); }

  // What is held of the map, as of the last Passes, or nullptr.
  const Removals* Held(const std::string& map) const;

  // Lets the next change set of the map pass if it removes the keys of the held
  // one with that count and digest, or fewer. False if no such one is held.
  bool Accept(const std::string& map, uint64_t count, absl::string_view digest);

  // Takes back an accept that did not come to pass.
  void WithdrawAccept(const std::string& map);

 private:
  struct State {
    void Remember(uint64_t entries, const Moment& now);

    // Of the last hour, falling: the front is largest.
    std::deque<MapSize> counts;
    std::optional<Removals> held;
    std::optional<Removals> accepted;
  };

  bool RemovesTooMuch(const ChangeSet& changes, uint64_t largest) const;

  double max_shrink_;
  std::map<std::string, State> maps_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_GUARD_H_
