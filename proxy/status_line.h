// What the service manager shows of the proxy.
#ifndef POSTMIRROR_PROXY_STATUS_LINE_H_
#define POSTMIRROR_PROXY_STATUS_LINE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "schema/config/config.h"

namespace postmirror {

// One line: `store` is why the store is not open, or OK; `waiting` are the
// parameters that are answered from their former maps.
std::string ProxyStatusLine(const Config& config, const absl::Status& store,
                            const std::vector<std::string>& waiting);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_STATUS_LINE_H_
