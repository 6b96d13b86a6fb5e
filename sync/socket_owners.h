// Who serves the unix sockets on which MariaDB is read. While MariaDB is down
// somebody else may listen in its place, where the folder or an accident lets
// them: the user that was seen first stays, and root may always serve.
#ifndef POSTMIRROR_SYNC_SOCKET_OWNERS_H_
#define POSTMIRROR_SYNC_SOCKET_OWNERS_H_

#include <sys/types.h>

#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "schema/runtime/unknown_user.h"

namespace postmirror {

// Kept in a file beside the store's format folder, so that a store that is set
// aside, or of another format, takes nothing with it. Any thread may call.
class SocketOwners {
 public:
  // `unknown` stands for every user who cannot be seen.
  explicit SocketOwners(std::string store,
                        std::optional<uid_t> unknown = ReadUnknownUser())
      : store_(std::move(store)), unknown_(unknown) {}

  // OK where this user may serve the socket: the one that is kept, root, or any
  // where none is kept yet. Else kFailedPrecondition with the cure. `socket` is
  // as in `hosts`.
  absl::Status Check(const std::string& socket, uid_t uid);

  // Keeps the user, unless one is kept. Fails as ReplaceFile does.
  absl::Status Keep(const std::string& socket, uid_t uid);

 private:
  std::string FileOf(const std::string& socket) const;
  absl::StatusOr<std::optional<uid_t>> Kept(const std::string& socket) const;

  const std::string store_;
  const std::optional<uid_t> unknown_;
  std::mutex mutex_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_SOCKET_OWNERS_H_
