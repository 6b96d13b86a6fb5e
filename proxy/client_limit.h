// client_limit, which holds for each listener, and the descriptors that it
// takes: RLIMIT_NOFILE.
#ifndef POSTMIRROR_PROXY_CLIENT_LIMIT_H_
#define POSTMIRROR_PROXY_CLIENT_LIMIT_H_

#include "schema/config/config.h"
#include "schema/runtime/logger.h"

namespace postmirror {

// How many descriptors are kept back from the clients: for the workers, the
// listeners, the clients that are turned away, the store.
int ReservedDescriptors(const Config& config);

// Raises RLIMIT_NOFILE to what `listeners` listeners with client_limit clients
// each take, or as far as it may be raised. Returns how many clients each of
// them can have: client_limit, or fewer, with a warning.
int AffordableClients(const Config& config, int listeners, Logger* logger);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_CLIENT_LIMIT_H_
