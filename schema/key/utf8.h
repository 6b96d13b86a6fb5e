// UTF-8, character by character. ICU's macros for it do not compile without
// warnings. Any thread may call.
#ifndef POSTMIRROR_SCHEMA_KEY_UTF8_H_
#define POSTMIRROR_SCHEMA_KEY_UTF8_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

// The character at text[*i], behind which *i moves; nothing, and *i stays,
// where what stands there is not UTF-8 (RFC 3629: no overlong forms, no
// surrogates). REQUIRES: *i < text.size()
std::optional<char32_t> NextCharacter(absl::string_view text, size_t* i);

// Whether all of `text` is UTF-8.
bool IsUtf8(absl::string_view text);

bool IsAscii(absl::string_view text);

// The character in UTF-8. REQUIRES: it is none of the surrogates, nor beyond
// U+10FFFF.
std::string Utf8Of(char32_t character);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_KEY_UTF8_H_
