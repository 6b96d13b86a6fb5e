// sync as a whole: one loop for each server, the store they share, and how it
// follows a changed postmirror.cf.
#ifndef POSTMIRROR_SYNC_MIRROR_SERVICE_H_
#define POSTMIRROR_SYNC_MIRROR_SERVICE_H_

#include "absl/status/status.h"
#include "schema/config/config.h"
#include "schema/runtime/logger.h"
#include "schema/runtime/supervisor.h"
#include "sync/mirror_plan.h"

namespace postmirror {

// Mirrors `plan`, which is that of `config`, until SIGTERM or SIGINT; returns
// OK then. SIGHUP reads config.path and the map files anew: what is wrong with
// them is logged, and the running configuration stays; `store` stays in any
// case. While no parameter is served it says what to do, and waits for that.
// Fails where the store can never be opened. REQUIRES: no other thread is
// running.
absl::Status Mirror(Config config, MirrorPlan plan, Supervisor* supervisor,
                    Logger* logger);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MIRROR_SERVICE_H_
