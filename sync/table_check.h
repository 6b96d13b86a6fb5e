// Whether the tables are still those that were surveyed, asked while what is
// named of them is read.
#ifndef POSTMIRROR_SYNC_TABLE_CHECK_H_
#define POSTMIRROR_SYNC_TABLE_CHECK_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "sync/read_scope.h"
#include "sync/snapshot.h"

namespace postmirror {

// Asks again what the tables of scope->unproven are. Where one is another than
// was surveyed, the scope becomes Everything; where that cannot be told,
// because the survey came too soon after the table was made, the maps that read
// it become whole. Otherwise what is named holds. Where one cannot be asked
// for, for an error of its maps' own, the scope becomes Everything. Fails as
// Connection::Query does. REQUIRES: the readers' transactions are open, and
// FindKeyHints returned OK.
absl::Status CheckTables(absl::Span<GroupReader> readers, ReadScope* scope);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_TABLE_CHECK_H_
