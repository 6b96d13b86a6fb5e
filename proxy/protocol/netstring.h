// Netstrings: `LENGTH:PAYLOAD,` with a decimal length.
#ifndef POSTMIRROR_PROXY_PROTOCOL_NETSTRING_H_
#define POSTMIRROR_PROXY_PROTOCOL_NETSTRING_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/protocol/progress.h"

namespace postmirror {

// Takes one netstring off the front of `*input` and sets `*payload`, which
// points into it. Leading zeros are accepted, as Postfix does. Broken: no
// digit, another byte than a digit before the colon, an endless length, a
// payload over `max_bytes`, no comma; found out as early as the bytes tell.
Progress TakeNetstring(size_t max_bytes, absl::string_view* input,
                       absl::string_view* payload);

// Appends the netstring whose payload is `status` followed by `text`.
void AppendNetstring(absl::string_view status, absl::string_view text,
                     std::string* output);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_PROTOCOL_NETSTRING_H_
