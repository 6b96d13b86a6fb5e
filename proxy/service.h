// The proxy as a whole: listeners, workers and the store, wired; and how it
// follows a changed postmirror.cf without losing a connection.
#ifndef POSTMIRROR_PROXY_SERVICE_H_
#define POSTMIRROR_PROXY_SERVICE_H_

#include "absl/status/status.h"
#include "schema/config/config.h"
#include "schema/runtime/logger.h"
#include "schema/runtime/supervisor.h"

namespace postmirror {

// Answers Postfix as `config` says until SIGTERM or SIGINT, hands the open
// connections over to `supervisor`, and returns OK. SIGHUP reads config.path
// again: if that is wrong, it is logged, and the running configuration stays;
// `store` and `proxy_threads` stay in any case. While no parameter is served it
// says what to do, and waits for that. Fails at once, with a message for the
// operator, when an entry of `listen` cannot be bound; the want of a store is
// no failure. REQUIRES: no other thread is running.
absl::Status Serve(const Config& config, Supervisor* supervisor,
                   Logger* logger);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_SERVICE_H_
