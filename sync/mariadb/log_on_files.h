// The files that the client library reads for a log-on. It waits for the end of
// a FIFO, is silent of an option file that is missing, and of a file for TLS it
// does not say which one is wrong: so they are looked at first.
#ifndef POSTMIRROR_SYNC_MARIADB_LOG_ON_FILES_H_
#define POSTMIRROR_SYNC_MARIADB_LOG_ON_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "schema/config/map_file.h"

namespace postmirror {

// Fails with kFailedPrecondition where the file is there and is no regular one;
// `setting` is what names it.
absl::Status CheckIsRegular(absl::string_view setting, const std::string& path);

// The same of all files that `log_on` names.
absl::Status CheckAreRegular(const LogOn& log_on);

// Fails with kFailedPrecondition, the name of the setting and of the file,
// where a file that `log_on` names cannot be read, or lacks what it is for; and
// where the option file includes what is no regular file.
absl::Status CheckLogOnFiles(const LogOn& log_on, bool with_tls);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_LOG_ON_FILES_H_
