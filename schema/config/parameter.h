// The Postfix parameters that postmirror can serve, and what the name of each
// says about its lookups.
#ifndef POSTMIRROR_SCHEMA_CONFIG_PARAMETER_H_
#define POSTMIRROR_SCHEMA_CONFIG_PARAMETER_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace postmirror {

enum class SearchKind {
  kExact,                 // the key as it is: domains
  kAddress,               // the address search of mail_addr_find(3)
  kAddressWithExtension,  // and an unmatched extension is re-attached
};

struct Parameter {
  absl::string_view name;
  SearchKind search;
  // The word in propagate_unmatched_extensions that re-attaches the extension
  // for this parameter: "virtual" or "canonical"; empty for other searches.
  absl::string_view propagation;
};

// All of them, in the order of the manual.
absl::Span<const Parameter> Parameters();

// The parameter of that name, or nullptr.
const Parameter* FindParameter(absl::string_view name);

// The place of one of Parameters().
size_t IndexOf(const Parameter& parameter);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_PARAMETER_H_
