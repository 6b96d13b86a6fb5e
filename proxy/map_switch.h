// When a reload may answer from another configuration: once every map that it
// brings is filled. A map that was never read would make its parameter
// temporary; and half of the new lists beside half of the former ones could
// find a domain whose mailboxes are not there yet.
#ifndef POSTMIRROR_PROXY_MAP_SWITCH_H_
#define POSTMIRROR_PROXY_MAP_SWITCH_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "schema/config/config.h"
#include "schema/store/store_reader.h"

namespace postmirror {

// Returns the parameters of `wanted` that have another list of maps than in
// `serving`, and in it a map for which `is_filled` is false.
std::vector<std::string> WaitingParameters(
    const Config& wanted, const Config& serving,
    absl::FunctionRef<bool(const std::string& map)> is_filled);

// The same, by what the store has. REQUIRES: no view of this thread is between
// Begin and End.
std::vector<std::string> WaitingInStore(const Config& wanted,
                                        const Config& serving,
                                        StoreReader* store);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_MAP_SWITCH_H_
