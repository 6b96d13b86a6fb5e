// How postmirrorctl hears of the proxy.
#ifndef POSTMIRROR_SYNC_CTL_ASK_PROXY_H_
#define POSTMIRROR_SYNC_CTL_ASK_PROXY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "schema/status/proxy_status.h"

namespace postmirror {

// What the proxy says on its status socket `path`. kPermissionDenied where this
// user may not ask, kInternal where this process cannot, kUnavailable where
// nobody answers within `patience`, kDataLoss where something else does.
absl::StatusOr<ProxyStatus> AskProxy(const std::string& path,
                                     absl::Duration patience);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_CTL_ASK_PROXY_H_
