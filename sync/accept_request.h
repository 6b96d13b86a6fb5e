// How postmirrorctl releases a held map: it names the change set that it saw in
// a request file in the store's folder; sync, the only writer, applies what was
// seen, holds what came since, and leaves an answer file. One request and one
// answer a map.
#ifndef POSTMIRROR_SYNC_ACCEPT_REQUEST_H_
#define POSTMIRROR_SYNC_ACCEPT_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace postmirror {

// A request is worth nothing after that long.
inline constexpr absl::Duration kAcceptLifetime = absl::Minutes(10);

struct AcceptRequest {
  std::string map;
  std::string id;  // ties the answer to the request
  uint64_t removals = 0;
  uint64_t values = 0;
  std::string digest;
  absl::Time requested;

  friend bool operator==(const AcceptRequest&, const AcceptRequest&) = default;
};

struct AcceptAnswer {
  std::string id;
  bool applied = false;
  std::string reason;     // why not, for the operator
  uint64_t removals = 0;  // so many were applied
  uint64_t values = 0;
  uint64_t held = 0;  // so many keys came since, and are held

  friend bool operator==(const AcceptAnswer&, const AcceptAnswer&) = default;
};

// postmirrorctl's side. `folder` is the environment's.
absl::Status PostAcceptRequest(absl::string_view folder,
                               const AcceptRequest& request);
absl::Status WithdrawAcceptRequest(absl::string_view folder,
                                   absl::string_view map);
// The answer to the request with that id, once it is there.
absl::StatusOr<std::optional<AcceptAnswer>> TakeAcceptAnswer(
    absl::string_view folder, absl::string_view map, absl::string_view id);

// sync's side. A request that cannot be read is removed and reported as
// kDataLoss.
absl::StatusOr<std::optional<AcceptRequest>> TakeAcceptRequest(
    absl::string_view folder, absl::string_view map);
absl::Status PostAcceptAnswer(absl::string_view folder, absl::string_view map,
                              const AcceptAnswer& answer);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_ACCEPT_REQUEST_H_
