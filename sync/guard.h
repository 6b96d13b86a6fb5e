// The guard: holds back a change set that removes, replaces or changes too much
// of a map, as an emptied table, a wrong database or a half restored dump
// would. It adds up what happened within an hour. Keys that are new to the
// store are applied meanwhile; removals and changed values wait for the
// administrator (`postmirrorctl accept`) or for the table to come back.
#ifndef POSTMIRROR_SYNC_GUARD_H_
#define POSTMIRROR_SYNC_GUARD_H_

#include <map>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "schema/runtime/clock.h"
#include "sync/guard_record.h"
#include "sync/judgement.h"

namespace postmirror {

class Guard {
 public:
  // `max_shrink` is the part of a map, 0 to 1, that may vanish within an hour;
  // 1 lets everything pass.
  explicit Guard(double max_shrink) : max_shrink_(max_shrink) {}

  // Goes on where the guard of an earlier process ended. Without a record,
  // which is to say that it is damaged, the map is held until it is accepted.
  void Restore(const std::string& map, std::optional<GuardRecord> record);

  // The same of a guard that left how large the map was, and whether it was
  // held.
  void RestoreEarlier(const std::string& map,
                      const std::optional<MapSize>& largest, bool held);

  // The store is another one: what the guard knows is not in it.
  void NoteNewStore();

  // What it knows of the map, or nullptr.
  const GuardRecord* Record(const std::string& map) const;

  // Whether keys of it are remembered (JudgedChange.added).
  bool RemembersKeys(const std::string& map) const;

  // Whether the map, or a key of it, is held: what becomes of it is known only
  // when all of it is read.
  bool IsHeld(const std::string& map) const;

  // Judges the map's next change set. REQUIRES: it is asked of every one, and
  // what it says is done; RemembersKeys and IsHeld are minded.
  Judgement Judge(const std::string& map, const JudgedChange& change,
                  const Moment& now);

  // The map is no longer mirrored.
  void Forget(const std::string& map) { maps_.erase(map); }

  // Lets the next change set of the map pass as far as its keys were seen, by
  // the counts and the digest of what is held. False if no such one is held.
  bool Accept(const std::string& map, uint64_t removals, uint64_t values,
              absl::string_view digest);

  // Takes back an accept that did not come to pass.
  void WithdrawAccept(const std::string& map);

 private:
  struct State {
    GuardRecord record;
    // As of the last judgement; nothing where an earlier process made it.
    std::optional<HeldChanges> held;
    HeldKeySets held_keys;
    std::optional<Accepted> accepted;
    bool unkept = false;  // the store does not have the record yet
  };

  double max_shrink_;
  std::map<std::string, State> maps_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_GUARD_H_
