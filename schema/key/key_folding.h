// What Postfix does to a key before a mysql: map sees it (dict_mysql(3),
// dict_utf8(3)). Any thread may call.
#ifndef POSTMIRROR_SCHEMA_KEY_KEY_FOLDING_H_
#define POSTMIRROR_SCHEMA_KEY_KEY_FOLDING_H_

#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

// ASCII letters to lower case if all of `key` is ASCII or `utf8` is off, else
// full Unicode case folding. False if `utf8` is on and `key` is not valid UTF-8
// (RFC 3629); *folded is then unspecified. `utf8` is smtputf8_enable.
bool FoldKey(absl::string_view key, bool utf8, std::string* folded);

// Folds ASCII letters of `*text` in place. True if every byte of it was
// printable ASCII.
bool FoldAscii(std::string* text);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_KEY_KEY_FOLDING_H_
