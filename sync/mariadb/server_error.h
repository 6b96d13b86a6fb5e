// From an error number of MariaDB or of its client library to a status: the one
// place that knows them.
#ifndef POSTMIRROR_SYNC_MARIADB_SERVER_ERROR_H_
#define POSTMIRROR_SYNC_MARIADB_SERVER_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace postmirror {

inline constexpr absl::string_view kConnectStep = "connect";

// `server ADDRESS: STEP: TEXT (NUMBER)` under the code that says what to do
// next:
//   kUnavailable       no connection, or it was lost: open another one, later
//   kResourceExhausted the server, or the account, takes no more connections or
//                      questions now: open another one, later
//   kUnauthenticated   the account is refused: the administrator must act
//   kPermissionDenied  the account lacks a grant: the administrator must act
//   kNotFound          no such database, table or column
//   kAborted           the server gave this read up: begin it again
//   kOutOfRange        more came at once than kMaxPacketBytes: a fault of what
//                      was asked for
//   kAlreadyExists     another replica has our server_id: take another one
//   kInternal          anything else
// After kUnavailable, kResourceExhausted and kOutOfRange the connection must be
// thrown away.
// The step of a log-on is kConnectStep: what is refused in it is the account.
// REQUIRES: number != 0.
absl::Status ServerError(absl::string_view address, absl::string_view step,
                         unsigned number, absl::string_view text);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_SERVER_ERROR_H_
