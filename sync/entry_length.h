// Whether the entries that rows make are short enough to be answered. What is
// longer is a fault of the table, and would look like damage in the store.
#ifndef POSTMIRROR_SYNC_ENTRY_LENGTH_H_
#define POSTMIRROR_SYNC_ENTRY_LENGTH_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sync/entry_walk.h"
#include "sync/packed_rows.h"

namespace postmirror {

// kFailedPrecondition: the entry of `key` has `bytes` bytes, more than
// kMaxEntryBytes.
absl::Status EntryTooLong(absl::string_view key, size_t bytes);

// EntryTooLong for one of those that are; OK if none is. One that is temporary
// for its expansion_limit is not long. REQUIRES: rows.Sort() was called.
absl::Status CheckEntryLengths(const PackedRows& rows, const EntryRules& rules);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_ENTRY_LENGTH_H_
