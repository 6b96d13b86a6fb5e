// The connections that read the groups of one server, and what the server tells
// of each map before it is read.
#ifndef POSTMIRROR_SYNC_GROUP_READER_H_
#define POSTMIRROR_SYNC_GROUP_READER_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "sync/collation_tables.h"
#include "sync/map_fault.h"
#include "sync/mariadb/connection.h"
#include "sync/mariadb/table_survey.h"
#include "sync/mirror_plan.h"
#include "sync/watched_maps.h"

namespace postmirror {

// What the server told of a map in PrepareReaders.
struct PreparedMap {
  // Why the map cannot be read now, by an error of its own; then nothing else
  // here is known. From PrepareReaders, or a read since.
  absl::Status fault;
  std::vector<std::vector<std::string>> primary_keys;  // of query.orders
  std::string collation_name;                          // of the key column
  CollationTables::Collation collation;
  // The one that the store has the map by, where that is another; else nullptr.
  CollationTables::Collation stored_collation;
  TableSurvey survey;
  // See FindKeyHints. Without them, some keys alone cannot be read.
  std::optional<KeyHints> hints;
};

// A group with the connection that reads it.
struct GroupReader {
  const Group* group = nullptr;  // of the plan
  std::unique_ptr<Connection> connection;
  std::vector<PreparedMap> maps;  // as in the group
  size_t first_map = 0;           // its number among the maps of the plan
};

// A group whose account the server refuses, while it takes another one.
struct RefusedGroup {
  const Group* group = nullptr;  // of the plan
  size_t first_map = 0;
  absl::Status status;
};

struct ServerReaders {
  std::vector<GroupReader> readers;
  std::vector<RefusedGroup> refused;
};

// Connects one reader for each group to the server at `address`; OK if one of
// them is connected. Takes for each no longer than Connection::Open may.
absl::StatusOr<ServerReaders> ConnectReaders(const ServerPlan& plan,
                                             const ServerAddress& address,
                                             absl::Duration connect_timeout,
                                             absl::Duration read_timeout);

// Tries those again; the connected ones go to the end of `readers`, with the
// old fault until they are prepared. OK where a group is still refused.
absl::Status ConnectRefused(const ServerAddress& address,
                            absl::Duration connect_timeout,
                            absl::Duration read_timeout,
                            std::vector<RefusedGroup>* refused,
                            std::vector<GroupReader>* readers);

// Asks what the SELECTs and the change signal need to know, after
// ConnectReaders: apart from it, so that another thread can cancel the
// questions. An error of a map's own is put into PreparedMap::fault. Fails
// where two readers reached different servers.
absl::Status PrepareReaders(absl::Span<GroupReader> readers,
                            CollationTables* collations);

// What PrepareReaders found the tables to be, map by map; nothing of a map with
// a fault.
std::vector<TableSurvey> SurveysOf(absl::Span<const GroupReader> readers);

// Whether the servers have the tables and views as they were found, as far as
// one question each can tell; kDifferent where an error is a map's own.
absl::StatusOr<Comparison> CompareWithSurveys(
    absl::Span<const GroupReader> readers);

// Whether a map reads a view.
bool HasViews(absl::Span<const GroupReader> readers);

// The collations that the store has maps by, of those maps where it is another
// one than that of the digest. Both by the map's name.
using FindStoredCollations =
    std::function<std::map<std::string, CollationTables::Collation>(
        const std::map<std::string, std::string>& digests)>;

// Puts them into the maps that were prepared.
void NoteStoredCollations(absl::Span<GroupReader> readers,
                          const FindStoredCollations& find);

// Whether a map that could not be read might be now: its preparation is tried.
bool IsMended(const GroupReader& reader, size_t index,
              CollationTables* collations);

// Whether one of the reader's maps that are refused to it would be read on a
// connection of its own: the server takes over a global grant at a log-on only.
bool IsMendedByLogOn(const ServerAddress& address, const GroupReader& reader,
                     absl::Duration connect_timeout,
                     absl::Duration read_timeout, CollationTables* collations);

// Every map that cannot be read now.
std::vector<MapFault> FindFaults(absl::Span<const GroupReader> readers,
                                 absl::Span<const RefusedGroup> refused);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_GROUP_READER_H_
