// A list of domains, as in mydestination, or in `domain` of a map file.
#ifndef POSTMIRROR_SCHEMA_CONFIG_DOMAIN_LIST_H_
#define POSTMIRROR_SCHEMA_CONFIG_DOMAIN_LIST_H_

#include <string>
#include <vector>

#include "schema/config/cf_errors.h"
#include "schema/config/cf_file.h"

namespace postmirror {

// Returns the domains in `entry.value`, in order, with ASCII letters in lower
// case: Postfix matches them whatever the case. Files, lookup tables and
// negations, which Postfix takes too, are added to `*errors` with the cure: the
// programs would see them change at different moments.
std::vector<std::string> ParseDomainList(const CfEntry& entry,
                                         CfErrors* errors);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_DOMAIN_LIST_H_
