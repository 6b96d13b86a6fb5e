// The address search: the order in which one address is tried over the maps of
// one parameter. Postfix sends tcp: and socketmap: maps the full address only,
// so the whole of mail_addr_find(3) is done here; key form is the outer loop,
// map the inner one, and the first temporary outcome ends it, as in
// maps_find(3).
#ifndef POSTMIRROR_SCHEMA_SEARCH_ADDRESS_SEARCH_H_
#define POSTMIRROR_SCHEMA_SEARCH_ADDRESS_SEARCH_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "schema/config/parameter.h"
#include "schema/config/search_settings.h"
#include "schema/search/outcome.h"

namespace postmirror {

// Looks up one exact key, as spelled in the request (not folded), in the map of
// that index. Sets `*value` to the value if found, to a reason for the operator
// if temporary, and leaves it unspecified otherwise.
using MapLookup = absl::FunctionRef<Outcome(size_t map, absl::string_view key,
                                            std::string* value)>;

class AddressSearch {
 public:
  // `settings` must outlive the search.
  AddressSearch(const SearchSettings& settings, const Parameter& parameter);

  // Answers `key` over maps 0..map_count-1. `*value` as in MapLookup, with the
  // extension re-attached where the parameter does so. An empty key is not
  // found. Not for concurrent use: it reuses its buffers.
  Outcome Run(absl::string_view key, size_t map_count, MapLookup lookup,
              std::string* value);

 private:
  // Postfix asks with a quoted local part (external), where a match is missed
  // and the forms differ again without quotes (internal); a local part that
  // needs no quotes is both. Candidates have the form of the key, but that a
  // quoted one of kAddress is both as well: smtpd, which alone asks for these
  // parameters, tries each candidate in either form (MA_FORM_EXTERNAL_FIRST of
  // mail_addr_find(3)). Its second request, without quotes, then has no
  // candidate that the first had not.
  enum class KeyForm { kExternal, kInternal, kBoth };
  struct Request;

  Outcome SearchParts(absl::string_view local, absl::string_view at_domain,
                      const Request& request);

  // The local part without quotes; valid until the next call.
  absl::string_view TakeLocal(absl::string_view local, KeyForm* form);

  bool IsLocalDomain(absl::string_view domain);

  // Asks all maps for one key.
  Outcome Ask(absl::string_view key, const Request& request);

  // Asks for an unquoted local part and a domain (with its `@`, or empty), in
  // the forms of the request.
  Outcome AskForms(absl::string_view local, absl::string_view at_domain,
                   const Request& request);

  Outcome AskInternal(absl::string_view local, absl::string_view at_domain,
                      const Request& request);

  // What the value becomes that was found for `user` without `extension`
  // (mail_addr_map(3), mail_addr_crunch(3)).
  Outcome Attach(absl::string_view user, absl::string_view extension,
                 const Request& request);

  // Puts `user` before a value that begins with `@`. All before the last `@` is
  // then one local part, as mail_addr_map(3) has it, in a list too.
  void Prepend(absl::string_view user, std::string* value);

  const SearchSettings& settings_;
  const Parameter& parameter_;
  bool propagates_;
  std::vector<std::string> local_domains_;  // folded
  // Reused, so that a lookup does not allocate.
  std::string local_;
  std::string candidate_;
  std::string scratch_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_SEARCH_ADDRESS_SEARCH_H_
