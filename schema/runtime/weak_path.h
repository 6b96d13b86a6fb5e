// Who, besides root and an owner, decides where a path leads.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_WEAK_PATH_H_
#define POSTMIRROR_SCHEMA_RUNTIME_WEAK_PATH_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace postmirror {

// A part of a path that somebody else may put another in place of.
struct WeakPart {
  std::string path;
  std::optional<uid_t> user;  // whose it is; none: others may write to it

  // "/a/b belongs to user number 33", "others may write to /a/b".
  std::string ToString() const;
};

// The first part of the path that belongs neither to root nor to `owner`, or,
// where the owner is root, that others may write to; what the links in it say
// is looked at, too. None where there is no such part. What is not there yet
// ends the path. Fails as ErrnoStatus.
absl::StatusOr<std::optional<WeakPart>> FindWeakPart(const std::string& path,
                                                     uid_t owner);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_WEAK_PATH_H_
