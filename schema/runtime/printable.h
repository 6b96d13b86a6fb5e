// Text of others, such as a server's or a path's, for a terminal and the log.
// Any thread may call.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_PRINTABLE_H_
#define POSTMIRROR_SCHEMA_RUNTIME_PRINTABLE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

// `text` on one line: what a terminal would take for a command, control
// characters (a newline too) and bytes that are not UTF-8, is written as C does
// it, `\n` or `\x1b`. A backslash stays, so that this is not to be read back.
std::string Printable(absl::string_view text);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_PRINTABLE_H_
