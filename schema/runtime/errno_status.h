// What errno says, as a status for the operator.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_ERRNO_STATUS_H_
#define POSTMIRROR_SCHEMA_RUNTIME_ERRNO_STATUS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace postmirror {

// Returns "Address already in use" and its like.
std::string ErrnoText(int error);

// Returns "SUBJECT: CALL: why": kPermissionDenied where a right is missing,
// else kUnavailable, since what keeps a socket from being opened may pass.
absl::Status ErrnoStatus(int error, absl::string_view subject,
                         absl::string_view call);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_ERRNO_STATUS_H_
