// The look at a server between its greeting and our answer, in which the
// password is: at who owns its unix socket, and at whether it offers TLS where
// that is asked for. One that does not pass is not answered, since its socket
// is shut down first.
#ifndef POSTMIRROR_SYNC_MARIADB_GREETING_CHECK_H_
#define POSTMIRROR_SYNC_MARIADB_GREETING_CHECK_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "schema/config/map_file.h"
#include "sync/mariadb/socket_watch.h"
#include "sync/socket_owners.h"

struct st_mysql;
using MYSQL = struct st_mysql;

namespace postmirror {

// What the first bytes of a server say of TLS.
enum class TlsOffer {
  kUnknown,  // more bytes are needed
  kNone,     // not offered, or this is no greeting
  kOffered,
  kError,  // the server says why it takes no connection
};
TlsOffer ReadTlsOffer(absl::string_view greeting);

// Used on the thread that connects.
class GreetingCheck {
 public:
  // `owners` may be nullptr: then nobody's socket is refused. `watched` is
  // given the socket, as soon as anything was read. Both must outlive the
  // check.
  GreetingCheck(ServerAddress address, bool needs_tls, SocketOwners* owners,
                WatchedSocket* watched);
  GreetingCheck(const GreetingCheck&) = delete;
  GreetingCheck& operator=(const GreetingCheck&) = delete;

  // Has the reads of `mysql` looked at. To be called once before the handle
  // connects; it must not outlive the check.
  absl::Status Attach(MYSQL* mysql);

  // Why the server was not answered; OK where it was, or would have been.
  const absl::Status& verdict() const { return verdict_; }

  // To be called once the account is logged on: remembers who served the
  // socket. kInternal where the greeting was not looked at.
  absl::Status Conclude() const;

 private:
  static void OnTransfer(int mode, MYSQL* mysql, const unsigned char* bytes,
                         size_t size);
  // False, with a verdict, where the socket cannot be watched.
  bool Watch(int socket);
  void Look(int socket, absl::string_view bytes);
  absl::Status JudgeOwner(int socket);
  absl::Status JudgeTls(int socket, absl::string_view bytes);

  const ServerAddress address_;
  const bool needs_tls_;
  SocketOwners* const owners_;
  WatchedSocket& watched_;
  bool done_ = false;
  std::string greeting_;  // as far as it has come
  std::optional<uid_t> owner_;
  absl::Status verdict_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_GREETING_CHECK_H_
