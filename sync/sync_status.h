// What sync knows beside the store: freshness, change source, the last error.
// It is in a small checksummed file in a folder of its own, so that an
// unchanged resync writes nothing into LMDB, and whoever watches sync needs no
// rights on the store; postmirrorctl reads it.
#ifndef POSTMIRROR_SYNC_SYNC_STATUS_H_
#define POSTMIRROR_SYNC_SYNC_STATUS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/runtime/clock.h"
#include "sync/guard_record.h"

namespace postmirror {

struct MapStatus {
  std::string name;
  // The last moment at which the map was confirmed equal to the database, taken
  // before the confirming question was sent; none before the first fill.
  std::optional<Moment> confirmed;
  // Of the map in the store, when it was read last; none before that.
  std::optional<uint64_t> entries;
  // What the guard holds, and why (HeldChanges).
  uint64_t held_removals = 0;
  uint64_t held_values = 0;
  std::optional<uint64_t> held_additions;
  std::string held_digest;  // empty: not held
  std::string held_reason;
  // What waits since a map of the server is broken.
  uint64_t waiting_removals = 0;
  uint64_t waiting_additions = 0;
  // Why the map is broken, and what to do; or empty. And since when.
  std::string broken;
  std::optional<Moment> broken_since;
  // What the guard of an earlier release measured the map against; read only.
  std::optional<MapSize> largest;

  // Whether the store lacks something that was read.
  bool Waits() const {
    return !held_digest.empty() || !broken.empty() ||
           waiting_removals + waiting_additions > 0;
  }

  friend bool operator==(const MapStatus&, const MapStatus&) = default;
};

// One list of hosts.
struct ServerStatus {
  std::string hosts;          // as in the map files
  std::string server;         // the connected one, or empty
  std::string change_source;  // in use: "lsn", "interval"
  std::string reason;         // why that one
  bool as_configured = true;  // SignalChoice::is_as_configured
  std::string doubt;          // why a host is read that may lack changes, or ""
  std::string unfit;          // HostChoice::Unfit
  std::string error;          // why it cannot be read now, or empty
  std::string last_error;     // the last one, with its time, or empty
  std::vector<MapStatus> maps;

  friend bool operator==(const ServerStatus&, const ServerStatus&) = default;
};

struct SyncStatus {
  std::vector<ServerStatus> servers;
  std::string store_fault = {};  // why no change can be written now, or ""
  std::string store_doubt = {};  // what is wrong with the store else, or ""
  std::string data_file = {};    // which is written (MirrorStore), or ""

  friend bool operator==(const SyncStatus&, const SyncStatus&) = default;
};

std::string EncodeSyncStatus(const SyncStatus& status);

// Fails with kDataLoss on anything but an encoding, whole and unchanged.
absl::StatusOr<SyncStatus> DecodeSyncStatus(absl::string_view text);

// The file in the status folder. Replaced as a whole, and synced
// to disk only while a map is held, since a hold has to outlast a power cut
// that damages the store. Else the file may be missing then, which ages nothing
// wrongly.
absl::Status WriteSyncStatus(absl::string_view folder,
                             const SyncStatus& status);
absl::StatusOr<SyncStatus> ReadSyncStatus(absl::string_view folder);
// Nothing is known then; for where it cannot be written any more.
void RemoveSyncStatus(absl::string_view folder);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_SYNC_STATUS_H_
