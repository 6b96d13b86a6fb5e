// How a program ends: sysexits(3).
#ifndef POSTMIRROR_SCHEMA_RUNTIME_EXIT_CODE_H_
#define POSTMIRROR_SCHEMA_RUNTIME_EXIT_CODE_H_

#include "absl/status/status.h"

namespace postmirror {

// Returns the sysexits(3) code for a status: 0 for OK, 64 (usage) for out of
// range, 78 (configuration) for an invalid argument or failed precondition, 77
// for permission denied, 66 for not found, 75 (try again) for unavailable,
// aborted, deadline exceeded and resource exhausted, 74 for data loss, 70 else.
int ExitCode(const absl::Status& status);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_EXIT_CODE_H_
