// The commands of postmirrorctl. Each prints its answer to standard output,
// logs what went wrong, and returns the exit code. Root takes the rights of the
// owner of the folder it reads (BecomeStoreOwner), and keeps them.
#ifndef POSTMIRROR_SYNC_CTL_COMMANDS_H_
#define POSTMIRROR_SYNC_CTL_COMMANDS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "schema/config/config.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/logger.h"

namespace postmirror {

// `status`: 0 OK, 1 warning, 2 critical, 3 unknown, as a monitoring plugin.
int ShowStatus(const Config& config, bool json, const Clock& clock);

// The same where `why` keeps it from looking: unknown.
int ShowUnknown(const absl::Status& why, bool json);

// `lookup`: as `postmap -q`: the value and 0, 1 not found, 75 temporary; 64
// where the parameter is not served, 77 where this user may not read the store.
// `exact`: without the address search.
int LookUp(const Config& config, const std::string& parameter,
           const std::string& key, bool exact, Logger& logger);

// `accept`: releases one held map, or all without a `map`. 0 applied, 1 refused
// or not held, 75 where sync is down or cannot read the database now, or
// another `accept` is under way.
int Accept(const Config& config, const std::optional<std::string>& map,
           const Clock& clock, Logger& logger);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_CTL_COMMANDS_H_
