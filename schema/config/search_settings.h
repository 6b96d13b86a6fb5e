// The main.cf settings that rule an address search, under Postfix's names.
#ifndef POSTMIRROR_SCHEMA_CONFIG_SEARCH_SETTINGS_H_
#define POSTMIRROR_SCHEMA_CONFIG_SEARCH_SETTINGS_H_

#include <string>
#include <vector>

namespace postmirror {

struct SearchSettings {
  // Any one of these bytes separates an extension; empty: no extensions.
  std::string recipient_delimiter;
  // Any of canonical, virtual, alias, forward, include and generic.
  std::vector<std::string> propagate_unmatched_extensions = {"canonical",
                                                             "virtual"};
  bool owner_request_special = true;
  std::string double_bounce_sender =
      "double-bounce";  // a local part, not empty
  // Folds and validates keys as UTF-8; without it ASCII letters only.
  bool smtputf8_enable = true;
  // The domains whose local parts are looked up alone: mydestination and
  // myorigin, with $myhostname and $mydomain filled in. Names only, with ASCII
  // letters in lower case, each once.
  std::vector<std::string> local_domains;

  friend bool operator==(const SearchSettings&,
                         const SearchSettings&) = default;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_SEARCH_SETTINGS_H_
