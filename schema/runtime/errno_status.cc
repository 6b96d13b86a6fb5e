#include "schema/runtime/errno_status.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace postmirror {

std::string ErrnoText(int error) {
  const char* const text = strerrordesc_np(error);
  return text == nullptr ? absl::StrCat("error ", error) : text;
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
