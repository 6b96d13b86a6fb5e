// Whose the folders are that postmirror-sync writes, before it opens them.
#ifndef POSTMIRROR_SYNC_FOLDER_RIGHTS_H_
#define POSTMIRROR_SYNC_FOLDER_RIGHTS_H_

#include <string>

#include "absl/status/status.h"
#include "schema/config/config.h"

namespace postmirror {

// kPermissionDenied where this process is root, and the store, the environment
// in it, the status folder, or a folder or link on the way there is another
// user's, or others may write to it: that user's postmirror-sync could not open
// what root leaves there, and may put links there that lead root astray. To be
// asked before anything is made or opened there.
absl::Status CheckRoot(const Config& config);

// What is to be said of a store in which others than its owner may put another
// environment in place of ours; or empty.
std::string WarnOfOpenStore(const Config& config);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_FOLDER_RIGHTS_H_
