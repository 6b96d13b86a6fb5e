// How long ago a map was confirmed equal to the database, and how long ago that
// may be.
#ifndef POSTMIRROR_SYNC_CTL_FRESHNESS_H_
#define POSTMIRROR_SYNC_CTL_FRESHNESS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "schema/runtime/clock.h"
#include "sync/sync_status.h"

namespace postmirror {

// How many reconcile intervals may pass where nothing else confirms maps.
inline constexpr int kStaleIntervals = 3;

// Nothing: not known.
std::optional<absl::Duration> Freshness(const MapStatus& status,
                                        const Moment& now);

// How old maps of the server may be: what its change source promises. One that
// cannot be read has a warning of its own.
absl::Duration LongestFreshness(const ServerStatus& server,
                                absl::Duration reconcile_interval);

// What is wrong where sync neither is connected nor says why not, for longer
// than connecting takes; or "".
std::string SilenceOf(const ServerStatus& server, const Moment& now);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_CTL_FRESHNESS_H_
