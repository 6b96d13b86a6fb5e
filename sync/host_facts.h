// What tells one host's data from another's, as far as any account may ask.
#ifndef POSTMIRROR_SYNC_HOST_FACTS_H_
#define POSTMIRROR_SYNC_HOST_FACTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "schema/query/mirror_query.h"
#include "sync/binlog/binlog_position.h"
#include "sync/binlog/gtid_positions.h"

namespace postmirror {

// Which data it is, beside GTIDs. None of it is sure by itself.
struct HostTraits {
  std::string host;  // its entry in `hosts`
  // A hash of the network card and the port: another data folder at the same
  // port has the same one. Empty where the version has none.
  std::string server_uid;
  std::optional<uint64_t> lsn;  // Innodb_lsn_current
  // Innodb_lsn_flushed: what is on disk, so that no crash takes it away.
  std::optional<uint64_t> lsn_flushed;
  std::optional<BinlogPosition> binlog;  // none where log_bin is off
  // CREATE_TIME of the tables that are read, in seconds; a table that is not
  // visible is left out.
  std::map<TableName, std::string> created;
  std::string cluster;  // wsrep_cluster_state_uuid; empty: in no cluster
  uint64_t cluster_committed = 0;  // wsrep_last_committed

  friend bool operator==(const HostTraits&, const HostTraits&) = default;
};

struct HostFacts {
  HostTraits traits;
  uint32_t server_id = 0;
  // Of its binlog and of what it has replicated.
  GtidPositions gtids;
  // The same, with what stands in the binlog and is not visible yet.
  GtidPositions written;
  // Of what it has replicated alone: the last one of each domain.
  GtidPositions replicated;
  // What its next snapshot shows at least; kept up where it has no binlog.
  GtidPositions shown;
  bool replicates = false;  // it did when it was connected to
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_HOST_FACTS_H_
