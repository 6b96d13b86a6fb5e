// What is set on the library's handle before it connects.
#ifndef POSTMIRROR_SYNC_MARIADB_CONNECT_OPTIONS_H_
#define POSTMIRROR_SYNC_MARIADB_CONNECT_OPTIONS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sync/mariadb/connection.h"

namespace postmirror {

// Sets timeouts, TLS, by what plugins it may log on, and what makes reading
// safe, over what the option file says: above all that the library does not
// reconnect by itself, which would lose the session and its snapshot.
// `is_local`: over a unix socket, where there is no TLS. Fails with
// kFailedPrecondition when a file that it names cannot be used.
absl::Status SetConnectOptions(const ConnectionSettings& settings,
                               bool is_local, MYSQL* mysql);

// Of a connection that is open: the option that says so may come from an option
// file.
void BoundPackets(size_t bytes, MYSQL* mysql);

// `duration` in whole seconds, rounded up, at least one: the library takes
// seconds, and 0 would be for ever.
unsigned WholeSeconds(absl::Duration duration);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_CONNECT_OPTIONS_H_
