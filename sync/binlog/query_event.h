// The QUERY events: statements in their text.
#ifndef POSTMIRROR_SYNC_BINLOG_QUERY_EVENT_H_
#define POSTMIRROR_SYNC_BINLOG_QUERY_EVENT_H_

#include "sync/binlog/binlog_event.h"

namespace postmirror {

enum class QueryMeaning {
  kNothing,   // BEGIN, savepoints: the rows beside it say what changes
  kCommit,    // ends its group
  kRollback,  // ends its group, of which parts may have changed all the same
  kFlush,     // FLUSH, of tables or of other things
  kAnything,  // whatever its text says, or it could not be read
};

// Of a kQuery or kQueryCompressed event.
QueryMeaning ReadQuery(const BinlogEvent& event);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_QUERY_EVENT_H_
