// What of a change set is applied to a map, and what waits: the guard's rules,
// without the store. DESIGN's "The guard" says what they are for.
#ifndef POSTMIRROR_SYNC_JUDGEMENT_H_
#define POSTMIRROR_SYNC_JUDGEMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/runtime/clock.h"
#include "sync/guard_record.h"
#include "sync/held_changes.h"
#include "sync/judged_change.h"

namespace postmirror {

// What was done with an accept.
struct AcceptOutcome {
  bool taken = false;
  std::string refusal;    // why it was not
  uint64_t removals = 0;  // of those that were seen
  uint64_t values = 0;

  friend bool operator==(const AcceptOutcome&, const AcceptOutcome&) = default;
};

struct Judgement {
  // A new definition, which is filled as a whole or not at all.
  bool waits_whole = false;
  bool additions_wait = false;
  // Whether each of JudgedChange.removed, or of .changed, waits.
  std::vector<bool> removal_waits;
  std::vector<bool> value_waits;

  // For a map of the server that is broken.
  uint64_t waiting_removals = 0;
  uint64_t waiting_additions = 0;
  std::optional<HeldChanges> held;  // set: the guard holds the map
  HeldKeySets held_keys;
  std::optional<AcceptOutcome> accept;
  // What the guard remembers of the map changed, so that it must be kept.
  bool must_be_kept = false;
};

// Whether anything of the change set waits.
bool AnyWaits(const Judgement& judgement);

// What the administrator accepted: the keys that were seen; or their digest
// alone, where they were seen by an earlier process.
struct Accepted {
  HeldKeySets keys;
  std::string digest;
};

// What came of the judgement before.
struct EarlierJudgement {
  const HeldKeySets& held;  // as far as it is known
  const std::optional<Accepted>& accepted;
};

// Judges by what is remembered of the map, and remembers what is applied.
Judgement Judge(const JudgedChange& change, double max_shrink,
                const EarlierJudgement& earlier, const Moment& now,
                GuardRecord* record);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_JUDGEMENT_H_
