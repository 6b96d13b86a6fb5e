// The number by which a server tells its replicas apart.
#ifndef POSTMIRROR_SYNC_SERVER_ID_H_
#define POSTMIRROR_SYNC_SERVER_ID_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace postmirror {

// One of this machine (machine-id(5)) and this store, always the same; in the
// upper half, where administrators number no servers.
uint32_t DerivedServerId(absl::string_view store);

// Any other of the upper half.
uint32_t RandomServerId();

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_SERVER_ID_H_
