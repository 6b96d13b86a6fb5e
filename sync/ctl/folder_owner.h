// Whose rights postmirrorctl takes.
#ifndef POSTMIRROR_SYNC_CTL_FOLDER_OWNER_H_
#define POSTMIRROR_SYNC_CTL_FOLDER_OWNER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace postmirror {

// Where this process is root: becomes the user and group that own the folder
// `path` of that setting (`store`, `status_folder`), for good, so that links
// which they may have put there lead nowhere that they could not go; without
// such a folder, nobody. Fails with kPermissionDenied where yet another user
// decides what is found at that path, behind the links in it too.
absl::Status BecomeOwner(absl::string_view setting, const std::string& path);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_CTL_FOLDER_OWNER_H_
