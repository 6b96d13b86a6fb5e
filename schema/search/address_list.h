// A map's value as Postfix reads it: any list of RFC 822 addresses, with
// display names in front of angle brackets, comments, groups and source routes
// (tok822_parse(3), trivial-rewrite(8)).
#ifndef POSTMIRROR_SCHEMA_SEARCH_ADDRESS_LIST_H_
#define POSTMIRROR_SCHEMA_SEARCH_ADDRESS_LIST_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace postmirror {

struct ListedAddress {
  std::string local;   // without quotes
  std::string domain;  // with its `@`; empty: Postfix adds its own

  friend bool operator==(const ListedAddress&, const ListedAddress&) = default;
};

// Returns the addresses of `value`, none if it has none. Nothing if it holds a
// null address, a broken one, or one without `@` but with `!` or `%`: what
// Postfix makes of that depends on main.cf (swap_bangpath, allow_percent_hack).
std::optional<std::vector<ListedAddress>> ParseAddressList(
    absl::string_view value);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_SEARCH_ADDRESS_LIST_H_
