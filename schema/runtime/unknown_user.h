// Which uid of a peer says nothing of who it is.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_UNKNOWN_USER_H_
#define POSTMIRROR_SCHEMA_RUNTIME_UNKNOWN_USER_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace postmirror {

// The uid that stands for all users of other user namespaces. None where we see
// every user as the kernel does: there it is a user, as a rule "nobody".
std::optional<uint32_t> ReadUnknownUser();

// The same, by what /proc/self/uid_map and /proc/sys/kernel/overflowuid hold;
// user_namespaces(7).
std::optional<uint32_t> UnknownUser(absl::string_view uid_map,
                                    absl::string_view overflow_uid);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_UNKNOWN_USER_H_
