#include "schema/runtime/errno_status.h"

#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace postmirror {

std::string ErrnoText(int error) {
  return std::system_category().message(error);
}

absl::Status ErrnoStatus(int error, absl::string_view subject,
                         absl::string_view call) {
  const std::string message =
      absl::StrCat(subject, ": ", call, ": ", ErrnoText(error));
  if (error == EACCES || error == EPERM)
    return absl::PermissionDeniedError(message);
  return absl::UnavailableError(message);
}

}  // namespace postmirror
