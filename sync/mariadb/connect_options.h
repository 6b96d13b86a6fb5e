// What is set on the library's handle before it connects.
#ifndef POSTMIRROR_SYNC_MARIADB_CONNECT_OPTIONS_H_
#define POSTMIRROR_SYNC_MARIADB_CONNECT_OPTIONS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sync/mariadb/connection.h"

namespace postmirror {

// Sets timeouts, option file, TLS and what makes reading safe. Fails with
// kFailedPrecondition when the option file cannot be read.
absl::Status SetConnectOptions(const ConnectionSettings& settings,
                               MYSQL* mysql);

// Switches off that the library reconnects by itself, which would lose the
// session and its snapshot. Called again after the connect: an option file may
// have switched it on.
void ForbidReconnect(MYSQL* mysql);

// Of a connection that is open: the option that says so may come from an option
// file.
void BoundPackets(size_t bytes, MYSQL* mysql);

// `duration` in whole seconds, rounded up, at least one: the library takes
// seconds, and 0 would be for ever.
unsigned WholeSeconds(absl::Duration duration);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_CONNECT_OPTIONS_H_
