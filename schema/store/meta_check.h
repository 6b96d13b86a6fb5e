// Whether the meta pages of a data file can be handed to LMDB, which believes
// them: a page size of zero is a division by zero, and a last page far away is
// a map that no machine has room for, or that has no room for another page.
#ifndef POSTMIRROR_SCHEMA_STORE_META_CHECK_H_
#define POSTMIRROR_SCHEMA_STORE_META_CHECK_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"

namespace postmirror {

// Reads the meta pages of `folder`/data.mdb. kDataLoss where the newer one,
// which counts, asks for more than `max_map_bytes`, or where one asks for pages
// of a size that LMDB does not have. OK where there is no such file, or nothing
// in it that LMDB would take for a meta page: it says so itself.
absl::Status CheckMetaPages(const std::string& folder, size_t max_map_bytes);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_META_CHECK_H_
