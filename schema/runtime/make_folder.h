// Makes folders where another user may put links.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_MAKE_FOLDER_H_
#define POSTMIRROR_SCHEMA_RUNTIME_MAKE_FOLDER_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"

namespace postmirror {

// Makes the folder with this mode, whatever the umask, and with the
// set-group-ID bit where the one above hands it down; OK as well where there is
// something of that name, whose mode stays. Follows no link that took the new
// folder's place. Fails as ErrnoStatus, "folder PATH: mkdir: why".
absl::Status MakeFolder(std::string path, mode_t mode);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_MAKE_FOLDER_H_
