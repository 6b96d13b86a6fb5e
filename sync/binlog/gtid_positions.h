// How far transactions were followed: of each writer the highest number. A
// number says nothing of another writer's: a server with 0-1-150 may lack all
// of 0-2-140.
#ifndef POSTMIRROR_SYNC_BINLOG_GTID_POSITIONS_H_
#define POSTMIRROR_SYNC_BINLOG_GTID_POSITIONS_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

struct GtidWriter {
  uint32_t domain = 0;  // gtid_domain_id
  uint32_t server = 0;  // server_id

  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend auto operator<=>(const GtidWriter&, const GtidWriter&) = default;
};

using GtidPositions = std::map<GtidWriter, uint64_t>;

// Parses what @@gtid_binlog_state and its like say: "0-1-150,0-2-140", or
// nothing at all. nullopt where it is anything else.
std::optional<GtidPositions> ParseGtids(absl::string_view text);

// Raises each number of `*positions` to that of `others`.
void RaiseGtids(const GtidPositions& others, GtidPositions* positions);

// "0-1-150", for the operator.
std::string GtidText(const GtidWriter& writer, uint64_t number);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_GTID_POSITIONS_H_
