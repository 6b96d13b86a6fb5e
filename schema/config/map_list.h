// The list of maps of one parameter in postmirror.cf.
#ifndef POSTMIRROR_SCHEMA_CONFIG_MAP_LIST_H_
#define POSTMIRROR_SCHEMA_CONFIG_MAP_LIST_H_

#include <vector>

#include "schema/config/cf_errors.h"
#include "schema/config/cf_file.h"

namespace postmirror {

// Returns the map names in `entry.value`, in order: of `mysql:FILE` and
// `proxy:mysql:FILE` alike the FILE, an absolute path. Everything else is added
// to `*errors` with the cure.
std::vector<CfElement> ParseMapList(const CfEntry& entry, CfErrors* errors);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_MAP_LIST_H_
