// Whether a host has all that was read before, so that reading it takes nothing
// back. Values to values; DESIGN.md 4, "No switch takes changes back".
#ifndef POSTMIRROR_SYNC_CONTAINED_H_
#define POSTMIRROR_SYNC_CONTAINED_H_

#include <string>

#include "sync/host_facts.h"
#include "sync/read_bound.h"

namespace postmirror {

struct Containment {
  enum class Kind {
    kContained,
    kLacks,
    kUnknown,  // to be treated as kLacks
  };
  Kind kind = Kind::kUnknown;
  // It lacks what it had before itself, and may get the numbers of it again.
  bool has_lost = false;
  // Why not, for the operator, as in "lacks transactions
  // that were read before: up to 0-1-150, and has 0-1-140".
  std::string reason;

  bool contained() const { return kind == Kind::kContained; }
};

// `facts` are what the host shows at least (ReadHostFacts).
Containment Contains(const HostFacts& facts, const ReadBound& bound);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_CONTAINED_H_
