// How the mirror is, in one line for `systemctl status`.
#ifndef POSTMIRROR_SYNC_STATUS_LINE_H_
#define POSTMIRROR_SYNC_STATUS_LINE_H_

#include <string>

#include "sync/sync_status.h"

namespace postmirror {

// Returns, for each list of hosts, what is followed and how, or why it cannot
// be read; behind it, what of the maps is filled and what is held.
std::string StatusLine(const SyncStatus& status);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_STATUS_LINE_H_
