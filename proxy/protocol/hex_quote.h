// The %XX coding of tcp_table(5), as hex_quote(3) of Postfix does it: `%`,
// white space, control characters and everything beyond ASCII is coded.
#ifndef POSTMIRROR_PROXY_PROTOCOL_HEX_QUOTE_H_
#define POSTMIRROR_PROXY_PROTOCOL_HEX_QUOTE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

// Appends `raw`, coded with upper case digits.
void AppendHexQuoted(absl::string_view raw, std::string* quoted);

// Replaces `*raw` by what `quoted` stands for; digits of either case, and bytes
// that need not have been sent uncoded, are taken as they are. False, with
// `*raw` unspecified, if a `%` is not followed by two digits.
bool HexUnquote(absl::string_view quoted, std::string* raw);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_PROTOCOL_HEX_QUOTE_H_
