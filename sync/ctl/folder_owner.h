// Whose rights postmirrorctl takes.
#ifndef POSTMIRROR_SYNC_CTL_FOLDER_OWNER_H_
#define POSTMIRROR_SYNC_CTL_FOLDER_OWNER_H_

#include "absl/status/statusor.h"
#include "schema/config/config.h"

namespace postmirror {

// Where this process is root: become, for good, the user and group that own the
// environment in `store`, or the store while there is none, or
// `status_folder`, so that links which they may have put there lead nowhere
// that they could not go. Both return the configuration to go on with: where
// that user cannot pass the folders above one of the two, it names a path below
// /proc that leads there all the same, for as long as this process lives. Fail
// with kNotFound where there is no such folder, and with kPermissionDenied
// where yet another user decides what is found at that path, behind the links
// in it too.
absl::StatusOr<Config> BecomeStoreOwner(const Config& config);
absl::StatusOr<Config> BecomeStatusOwner(const Config& config);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_CTL_FOLDER_OWNER_H_
