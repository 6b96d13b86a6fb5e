// The mark that says that postmirror-sync runs: a locked file in the status
// folder. Whoever may read the folder can see it, and nobody else can set it.
#ifndef POSTMIRROR_SYNC_RUNNING_MARK_H_
#define POSTMIRROR_SYNC_RUNNING_MARK_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {

class RunningMark {
 public:
  // `folder` is the status folder.
  explicit RunningMark(absl::string_view folder);

  // Sets the mark, if it is not set, or was removed; makes the folder, mode
  // 2750, where that alone is missing. Gone with this object. Fails where it
  // cannot be written, and where another process has set it: to be tried again.
  absl::Status Set();

 private:
  const std::string folder_;
  FileDescriptor file_;
};

// Whether sync runs; else kNotFound, or kPermissionDenied where this user may
// not know, or kUnavailable where this process cannot look. Leaves no lock.
absl::Status CheckRuns(absl::string_view folder);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_RUNNING_MARK_H_
