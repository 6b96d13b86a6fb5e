// The rules of a collation, kept beside the environment, so that the weights
// of its characters are asked of a server once and not again after a restart.
// A file for each collation and version of the server: another version may
// weigh otherwise.
#ifndef POSTMIRROR_SYNC_COLLATION_FILE_H_
#define POSTMIRROR_SYNC_COLLATION_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/key/collation_rules.h"

namespace postmirror {

// "collation-NAME-DIGEST" in `folder`; the digest is of `version`. REQUIRES:
// `name` is one of a collation that MariaDB comes with.
std::string CollationFilePath(absl::string_view folder, absl::string_view name,
                              absl::string_view version);

// Fails with kNotFound where there is none, with kDataLoss on anything but what
// WriteCollationFile wrote for this name and version, whole and unchanged.
absl::StatusOr<CollationRules> ReadCollationFile(absl::string_view folder,
                                                 absl::string_view name,
                                                 absl::string_view version);

// Fails as ReplaceFile does.
absl::Status WriteCollationFile(absl::string_view folder,
                                absl::string_view version,
                                const CollationRules& rules);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_COLLATION_FILE_H_
