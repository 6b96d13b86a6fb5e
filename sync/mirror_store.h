// The store as sync's loops share it: snapshots go in, whole or not at all.
// Each call takes its turn, so that there is one writer at a time; any thread
// may call.
#ifndef POSTMIRROR_SYNC_MIRROR_STORE_H_
#define POSTMIRROR_SYNC_MIRROR_STORE_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/logger.h"
#include "schema/store/lock_wait.h"
#include "schema/store/reader_table.h"
#include "schema/store/store_writer.h"
#include "sync/collation_tables.h"
#include "sync/guard.h"
#include "sync/map_change.h"
#include "sync/map_result.h"  // IWYU pragma: export
#include "sync/read_bound.h"
#include "sync/snapshot.h"
#include "sync/stored_bounds.h"
#include "sync/stored_collations.h"

namespace postmirror {

// What the status of an earlier sync said of a map.
struct EarlierGuard {
  std::optional<MapSize> largest;  // only of a release without notes
  bool held = false;
};

class MirrorStore {
 public:
  // `clock` and `logger` must outlive it. Opens nothing yet.
  MirrorStore(absl::string_view store, double max_shrink, const Clock* clock,
              Logger* logger);
  ~MirrorStore();

  // `tell` gets what is to be said of damage when it is found, and "" once it
  // is mended, whoever meets with it; from any thread. REQUIRES: nothing was
  // called before.
  void TellDamage(std::function<void(const std::string&)> tell) {
    tell_damage_ = std::move(tell);
  }

  // Opens the store if it is not open. kDataLoss where it is damaged: it stays
  // in its place, since a proxy may still find in it what is whole, until Apply
  // has something better. kAborted where another postmirror-sync runs on it.
  absl::Status Open();

  // Makes the store equal to the snapshot in one transaction, but for maps that
  // the guard holds; nothing is written where nothing changed. A damaged store
  // is set aside first, with the maps of other loops: see generation(). On any
  // other failure the store is as before; kAborted where the snapshot is not
  // whole and has to be: the store is damaged, or not the one of `generation`,
  // to which the rest of it was applied.
  absl::StatusOr<std::vector<MapResult>> Apply(
      const Snapshot& snapshot,
      std::optional<uint64_t> generation = std::nullopt);

  // What the store knows of earlier reads of these maps.
  StoredReads Reads(const std::vector<std::string>& maps);

  // Keeps the bound of these maps (Snapshot::read_bound) by itself, where no
  // data come with it.
  absl::Status KeepBound(const std::vector<std::string>& maps,
                         const std::string& bound);

  // The collation that the store has the map by, of each map in `digests` where
  // it is known and its digest is another one. Both by the map's name.
  std::map<std::string, CollationTables::Collation> OtherCollations(
      const std::map<std::string, std::string>& digests);

  // Frees the slots of readers that were killed, and returns the others that
  // are at a former commit. Does nothing, and returns nullopt, while another
  // call is under way, which may take long: the next one will do.
  absl::StatusOr<std::optional<std::vector<ReaderSlot>>> ClearStaleReaders();

  // Drops the maps that are not in `configured`, once all that are have been
  // filled: until then a proxy may answer from the former ones. Does nothing
  // while another call is under way.
  absl::Status DropAllBut(const std::set<std::string>& configured);

  // Which store is open: another number once it was set aside or replaced, so
  // that what was applied before is no longer in it and must be read again.
  uint64_t generation() const { return generation_.load(); }

  // The entries of each map that is filled, as of the last change. Does not
  // wait for one that is under way.
  std::map<std::string, uint64_t> Entries() const;

  // Which data.mdb was open last (Environment::DataFile), or "".
  std::string DataFile() const {
    const std::lock_guard<std::mutex> lock(entries_mutex_);
    return data_file_;
  }

  // Who waits for a lock of the store's that another process holds.
  const LockWait& lock_wait() const { return lock_wait_; }

  // What to go on with where the store has no note of the guard, or not even
  // the map, since it was damaged. To be called before the first Apply.
  void Restore(const std::string& map, const EarlierGuard& earlier);

  // See Guard::Accept. Good for the next Apply of the map alone.
  bool Accept(const std::string& map, uint64_t removals, uint64_t values,
              absl::string_view digest);
  void WithdrawAccept(const std::string& map);

 private:
  using Records = std::map<std::string, MapRecord>;
  using Notes = std::map<std::string, std::optional<std::string>>;

  void NoteOpened(const StoreWriter& writer, const Records& records);
  absl::Status OpenLocked();
  void RestoreGuard(const Records& records, const Notes& notes);
  void RestoreEarlier(const std::string& map, const EarlierGuard& earlier);
  absl::Status NoteDamage(absl::Status status);
  void EndDamage();
  absl::Status DropLocked(const std::set<std::string>& configured);
  absl::StatusOr<std::vector<MapResult>> ApplyLocked(const Snapshot& snapshot);
  absl::Status Write(const Snapshot& snapshot,
                     const std::deque<MapChange>& changes, const Guard& guard,
                     const Records& before);

  const std::string store_;
  const Clock& clock_;
  Logger& logger_;
  LockWait lock_wait_;  // the writer uses it
  std::mutex mutex_;    // guards what follows, if nothing else is said
  std::unique_ptr<StoreWriter> writer_;
  // kDataLoss from when the store was found to be damaged until it was opened.
  absl::Status damage_;
  std::function<void(const std::string&)> tell_damage_ = [](const auto&) {};
  std::atomic<uint64_t> generation_ = 0;
  StoredBounds bounds_;  // as the store has them
  // KeepBound has met with damage that need not be seen but by a write: the
  // next Apply writes, too, so that it sets the store aside.
  bool must_write_bound_ = false;
  Guard guard_;
  StoredCollations collations_;
  std::map<std::string, EarlierGuard> earlier_;  // by map
  mutable std::mutex entries_mutex_;
  std::map<std::string, uint64_t> entries_;  // guarded by entries_mutex_
  std::string data_file_;                    // likewise
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MIRROR_STORE_H_
