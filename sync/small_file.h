// Files that are read and replaced as a whole: what sync and postmirrorctl tell
// each other in the store's folder.
#ifndef POSTMIRROR_SYNC_SMALL_FILE_H_
#define POSTMIRROR_SYNC_SMALL_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postmirror {

// Fails with kNotFound when there is no such file, with kDataLoss when it is
// over 16 MiB.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);

// Replaces `path` in one step: a reader sees the old bytes or the new ones.
// Mode 0640 whatever the umask. Fails with kPermissionDenied,
// kResourceExhausted (no room), else kUnavailable.
absl::Status ReplaceFile(const std::string& path, absl::string_view bytes);

// The same, for what has to outlast a power cut: it is on the disk when this
// returns.
absl::Status ReplaceFileOnDisk(const std::string& path,
                               absl::string_view bytes);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_SMALL_FILE_H_
