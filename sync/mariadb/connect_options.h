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

// Fails with kFailedPrecondition where a file that `log_on` names is there and
// is no regular one, such as a FIFO: the library would wait for its end.
absl::Status CheckAreRegular(const LogOn& log_on);

// Switches off that the library reconnects by itself, which would lose the
// session and its snapshot. Called again after the connect: an option file may
// have switched it on.
void ForbidReconnect(MYSQL* mysql);

// `duration` in whole seconds, rounded up, at least one: the library takes
// seconds, and 0 would be for ever.
unsigned WholeSeconds(absl::Duration duration);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_CONNECT_OPTIONS_H_
