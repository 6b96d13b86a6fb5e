// Addresses as Postfix takes them apart: extensions (split_addr.c), quoted
// local parts (quote_822_local.c), and what a map's value does with an
// extension that no key matched (mail_addr_crunch.c).
#ifndef POSTMIRROR_SCHEMA_SEARCH_ADDRESS_H_
#define POSTMIRROR_SCHEMA_SEARCH_ADDRESS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "schema/config/search_settings.h"

namespace postmirror {

// Returns the position of the delimiter at which Postfix splits the unquoted
// local part `local`, or nothing if it does not split: postmaster,
// mailer-daemon and double_bounce_sender never do, nor owner-x and x-request by
// `-` where owner_request_special is on, nor at the first character
// (split_addr(3)).
std::optional<size_t> ExtensionStart(absl::string_view local,
                                     const SearchSettings& settings);

// Appends the local part to `*out`, quoted as RFC 822 demands and no further
// (quote_822_local(3)).
void AppendQuotedLocal(absl::string_view local, std::string* out);

// Removes the quotes and backslashes of an external local part, appending to
// `*out` (unquote_822_local(3)).
void AppendUnquotedLocal(absl::string_view quoted, std::string* out);

// Appends to `*out` the value with `extension` (its delimiter included) put
// into each address: before the last `@`, inside the quotes of a quoted local
// part. The addresses come out separated by commas, without all that is not
// address; a value without any comes out as it is. False, with `*out`
// unspecified, if ParseAddressList fails: the caller answers TEMP.
bool AppendWithExtension(absl::string_view value, absl::string_view extension,
                         std::string* out);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_SEARCH_ADDRESS_H_
