// As much of HTTP as a scrape needs: one request, one reply, and the end of the
// connection. Pure: bytes to bytes.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_HTTP_REPLY_H_
#define POSTMIRROR_SCHEMA_RUNTIME_HTTP_REPLY_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace postmirror {

// A request whose head is not complete within so many bytes is refused.
constexpr size_t kMaxHttpHeadBytes = size_t{8} * 1024;

// Returns the reply to the request at the front of `input`: `metrics()` to a
// GET of /metrics, and an error to everything else. Nothing while the head is
// not complete.
std::optional<std::string> HttpReply(absl::string_view input,
                                     absl::FunctionRef<std::string()> metrics);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_HTTP_REPLY_H_
