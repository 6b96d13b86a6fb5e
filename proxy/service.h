// The proxy as a whole: listeners, workers and the store, wired.
#ifndef POSTMIRROR_PROXY_SERVICE_H_
#define POSTMIRROR_PROXY_SERVICE_H_

#include "absl/status/status.h"
#include "schema/config/config.h"
#include "schema/runtime/logger.h"

namespace postmirror {

// How many descriptors are kept back from the clients of `client_limit`: for
// the workers, the listeners, the clients that are turned away, the store.
int ReservedDescriptors(const Config& config);

// Answers Postfix as `config` says until SIGTERM or SIGINT, then returns OK.
// Fails at once, with a message for the operator, when an entry of `listen`
// cannot be bound; the want of a store is no failure. REQUIRES: no other thread
// is running.
absl::Status Serve(const Config& config, Logger* logger);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_SERVICE_H_
