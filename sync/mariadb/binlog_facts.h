// What sync asks a server about its binlog, and about whether it is a replica
// itself. Each fails as Connection::Query does.
#ifndef POSTMIRROR_SYNC_MARIADB_BINLOG_FACTS_H_
#define POSTMIRROR_SYNC_MARIADB_BINLOG_FACTS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sync/binlog/binlog_position.h"
#include "sync/mariadb/connection.h"

namespace postmirror {

struct BinlogSettings {
  bool on = false;              // log_bin
  std::string format;           // binlog_format: "ROW", "MIXED", "STATEMENT"
  std::string row_image;        // binlog_row_image: "FULL", "MINIMAL", "NOBLOB"
  bool logs_replicated = true;  // log_slave_updates
  // It does not, and is a replica or a node of a cluster: its binlog lacks
  // changes.
  bool lacks_replicated = false;
  // What the binlog is restricted to or lacks (binlog_do_db, binlog_ignore_db).
  std::string filter;
  // The account may not ask for that: an empty `filter` says nothing.
  bool filter_hidden = false;
};

// No privilege is needed; with BINLOG MONITOR every version tells its filter.
absl::StatusOr<BinlogSettings> ReadBinlogSettings(Connection& connection);

// Up to where commits are in the binlog: in a transaction WITH CONSISTENT
// SNAPSHOT those that it shows, otherwise those until now. nullopt where
// log_bin is off. No privilege is needed.
absl::StatusOr<std::optional<BinlogPosition>> ReadBinlogPosition(
    Connection& connection);

// Whether the server replicates another one now. No privilege is needed.
absl::StatusOr<bool> Replicates(Connection& connection);

struct ReplicaState {
  // No thread is stopped. One that is "Connecting" may have been so for long.
  bool running = true;
  // Seconds_Behind_Master, the most of those that are known; not all are while
  // a primary cannot be reached, and that one may be any time ahead.
  absl::Duration behind;
  bool knows_behind = true;
};

// What SHOW SLAVE STATUS says, the worst of several masters; nullopt where the
// server is no replica. kPermissionDenied without REPLICA MONITOR.
absl::StatusOr<std::optional<ReplicaState>> ReadReplicaState(
    Connection& connection);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_BINLOG_FACTS_H_
