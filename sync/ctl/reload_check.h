// Whether the proxy was reloaded since postmirror.cf was changed.
#ifndef POSTMIRROR_SYNC_CTL_RELOAD_CHECK_H_
#define POSTMIRROR_SYNC_CTL_RELOAD_CHECK_H_

#include <string>
#include <vector>

#include "schema/status/proxy_status.h"

namespace postmirror {

// What differs between the lists of postmirror.cf and those that the proxy read
// there last, a line each, with the cure; none where nothing does.
std::vector<std::string> CompareParameters(
    const std::vector<ParameterMaps>& configured,
    const std::vector<ParameterMaps>& read);

// Whether one of the lists has that map.
bool HasMap(const std::vector<ParameterMaps>& parameters,
            const std::string& map);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_CTL_RELOAD_CHECK_H_
