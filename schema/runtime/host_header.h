// Whom an HTTP request means.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_HOST_HEADER_H_
#define POSTMIRROR_SCHEMA_RUNTIME_HOST_HEADER_H_

#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

// Whether a Host header, with or without a port, may be ours: an IP address,
// the host of `address` (HOST:PORT), localhost, or this machine's name or full
// name. A browser that was led here by a name of another's brings that name
// along. May ask the resolver for the full name.
bool IsOurHost(absl::string_view header, absl::string_view address);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_HOST_HEADER_H_
