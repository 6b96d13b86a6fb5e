#include "schema/runtime/exit_code.h"

#include <sysexits.h>

namespace postmirror {

int ExitCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return EX_OK;
    case absl::StatusCode::kOutOfRange:
      return EX_USAGE;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
      return EX_CONFIG;
    case absl::StatusCode::kPermissionDenied:
      return EX_NOPERM;
    case absl::StatusCode::kNotFound:
      return EX_NOINPUT;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return EX_TEMPFAIL;
    case absl::StatusCode::kDataLoss:
      return EX_IOERR;
    default:
      return EX_SOFTWARE;
  }
}

}  // namespace postmirror
