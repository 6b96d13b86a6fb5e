// What the guard holds of a map: the keys, by which an accept takes them, and
// what the administrator is told of them.
#ifndef POSTMIRROR_SYNC_HELD_CHANGES_H_
#define POSTMIRROR_SYNC_HELD_CHANGES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "sync/key_set.h"

namespace postmirror {

struct HeldKeySets {
  KeySet removals;
  KeySet values;

  // 16 hexadecimal digits, of all keys.
  std::string Digest() const;

  friend bool operator==(const HeldKeySets&, const HeldKeySets&) = default;
};

// How the administrator sees it, and names it in an accept. A map can be held
// while nothing waits: what it lacks was removed before the hold began.
struct HeldChanges {
  uint64_t removals = 0;
  uint64_t values = 0;
  // Set: new keys wait, too, so many at present. Else they are applied.
  std::optional<uint64_t> additions;
  std::string digest;
  std::string reason;  // goes on after "is held, since "

  friend bool operator==(const HeldChanges&, const HeldChanges&) = default;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_HELD_CHANGES_H_
