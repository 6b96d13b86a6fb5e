// Whether the values of a map's key column, as the binlog has them, name the
// keys whose entries a change can have changed.
#ifndef POSTMIRROR_SYNC_KEY_HINTS_H_
#define POSTMIRROR_SYNC_KEY_HINTS_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "sync/snapshot.h"

namespace postmirror {

// Puts into each PreparedMap how its keys are named; nothing where they are
// not: the query reads more than one table or a view, keys are compared
// otherwise than their column compares them, its character set or type is not
// understood, it is computed when it is read, or no index
// finds their rows. Fails as Connection::Query does.
// REQUIRES: PrepareReaders returned OK.
absl::Status FindKeyHints(absl::Span<GroupReader> readers);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_KEY_HINTS_H_
