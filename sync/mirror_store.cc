#include "sync/mirror_store.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "schema/runtime/digest.h"

namespace postmirror {
namespace {

// What the store has of these goes with it, though nothing takes its place.
std::string NotFilledAgain(const Snapshot& snapshot) {
  if (snapshot.broken_maps.empty()) return "";
  return absl::StrCat(
      "; their lookups are temporary errors until they can be read again: ",
      absl::StrJoin(snapshot.broken_maps, ", "));
}

// Do not change: stored. The note of the guard about a map.
std::string GuardNote(const std::string& map) {
  return absl::StrCat("guard/", DigestText(map));
}

// What a note says; nothing where it is damaged.
std::optional<GuardRecord> ReadGuardNote(
    const std::optional<std::string>& note) {
  if (!note.has_value()) return std::nullopt;
  absl::StatusOr<GuardRecord> record = DecodeGuardRecord(*note);
  if (!record.ok()) return std::nullopt;
  return *std::move(record);
}

}  // namespace

MirrorStore::MirrorStore(absl::string_view store, double max_shrink,
                         const Clock* clock, Logger* logger)
    : store_(store), clock_(*clock), logger_(*logger), guard_(max_shrink) {}

MirrorStore::~MirrorStore() = default;

absl::Status MirrorStore::Open() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return OpenLocked();
}

absl::Status MirrorStore::OpenLocked() {
  if (writer_ != nullptr && writer_->CheckFiles().ok()) return absl::OkStatus();
  writer_.reset();
  absl::StatusOr<std::unique_ptr<StoreWriter>> opened =
      StoreWriter::Open(store_, &lock_wait_);
  absl::Status status = opened.status();
  absl::StatusOr<Records> records;
  absl::StatusOr<Notes> notes;
  if (status.ok()) {
    records = (*opened)->ReadRecords();
    status = records.status();
  }
  if (status.ok()) {
    notes = (*opened)->ReadNotes();
    status = notes.status();
  }
  // Damage may have left the folder locked to this process, which says nothing
  // new of it. Any other failure may pass, or says that it is not ours.
  if (absl::IsUnavailable(status) && !damage_.ok()) return damage_;
  if (!status.ok()) return NoteDamage(std::move(status));
  EndDamage();
  NoteOpened(**opened, *records);
  RestoreGuard(*records, *notes);
  bounds_ = StoredBounds(*std::move(notes));
  writer_ = *std::move(opened);
  ++generation_;
  return absl::OkStatus();
}

// What this process knows of a map goes on, though the store is another one:
// its notes may have gone with it.
void MirrorStore::RestoreGuard(const Records& records, const Notes& notes) {
  guard_.NoteNewStore();
  for (const auto& [map, record] : records) {
    if (guard_.Record(map) != nullptr) continue;
    if (const auto note = notes.find(GuardNote(map)); note != notes.end()) {
      std::optional<GuardRecord> remembered = ReadGuardNote(note->second);
      if (!remembered.has_value()) {
        logger_.Error(absl::StrCat(
            "store ", store_, ": what the guard remembered of map ", map,
            " is damaged: the map is held until postmirrorctl accept"));
      }
      guard_.Restore(map, std::move(remembered));
    }
  }
  for (const auto& [map, earlier] : earlier_) RestoreEarlier(map, earlier);
}

// REQUIRES: the store was opened.
void MirrorStore::RestoreEarlier(const std::string& map,
                                 const EarlierGuard& earlier) {
  if (guard_.Record(map) != nullptr) return;
  if (Entries().contains(map)) {
    guard_.RestoreEarlier(map, earlier.largest, earlier.held);
  } else if (earlier.held) {
    logger_.Error(absl::StrCat(
        "store ", store_, ": what the guard held of map ", map,
        " is gone with a store: the map is held until postmirrorctl accept"));
    guard_.Restore(map, std::nullopt);
  }
}

void MirrorStore::NoteOpened(const StoreWriter& writer,
                             const Records& records) {
  const std::lock_guard<std::mutex> lock(entries_mutex_);
  data_file_ = writer.DataFile();
  entries_.clear();
  for (const auto& [map, record] : records) entries_[map] = record.entries;
}

std::map<std::string, uint64_t> MirrorStore::Entries() const {
  const std::lock_guard<std::mutex> lock(entries_mutex_);
  return entries_;
}

absl::Status MirrorStore::NoteDamage(absl::Status status) {
  if (!absl::IsDataLoss(status)) return status;
  writer_.reset();
  if (damage_.ok()) {
    const std::string fault =
        absl::StrCat("store ", store_,
                     ": is damaged, and filled anew once the database has been "
                     "read: ",
                     status.message());
    logger_.Error(fault);
    tell_damage_(fault);
  }
  damage_ = status;
  return status;
}

void MirrorStore::EndDamage() {
  if (damage_.ok()) return;
  damage_ = absl::OkStatus();
  tell_damage_("");
}

absl::StatusOr<std::vector<MapResult>> MirrorStore::Apply(
    const Snapshot& snapshot, std::optional<uint64_t> generation) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // Those of other maps wait for a snapshot of another loop.
  const absl::Cleanup withdraw = [&] {
    for (const MapSnapshot& map : snapshot.maps) {
      guard_.WithdrawAccept(map.map->name);
    }
  };
  absl::Status status = OpenLocked();
  if (status.ok() && !snapshot.is_whole && generation != generation_.load()) {
    return absl::AbortedError("the store is another one than before");
  }
  if (status.ok()) {
    absl::StatusOr<std::vector<MapResult>> results = ApplyLocked(snapshot);
    if (!absl::IsDataLoss(results.status())) return results;
    status = results.status();
  }
  if (!absl::IsDataLoss(status)) return status;
  // What is whole in it stays until there is something better.
  if (!snapshot.is_whole) return absl::AbortedError(status.message());
  writer_.reset();
  logger_.Error(absl::StrCat("store ", store_, ": is damaged, set aside: ",
                             status.message(), NotFilledAgain(snapshot)));
  if (absl::Status aside = StoreWriter::SetAside(store_); !aside.ok()) {
    return aside;
  }
  EndDamage();
  if (absl::Status opened = OpenLocked(); !opened.ok()) return opened;
  return ApplyLocked(snapshot);
}

absl::Status MirrorStore::Write(const Snapshot& snapshot,
                                const std::deque<MapChange>& changes,
                                const Guard& guard, const Records& before) {
  absl::StatusOr<std::unique_ptr<StoreTransaction>> transaction =
      writer_->Begin();
  if (!transaction.ok()) return transaction.status();
  std::map<std::string, std::string> collations;  // by map
  for (const auto& [name, record] : before) {
    collations[name] = record.collation_digest;
  }
  for (const MapChange& change : changes) {
    if (change.step == MapStep::kFill) {
      collations[change.snapshot->map->name] =
          change.snapshot->collation->digest;
    }
    absl::Status written = WriteChange(change, transaction->get());
    const std::string& map = change.snapshot->map->name;
    if (written.ok() && change.judgement.must_be_kept) {
      written =
          (*transaction)
              ->PutNote(GuardNote(map), EncodeGuardRecord(*guard.Record(map)));
    }
    if (!written.ok()) return written;
  }
  std::set<std::string> used;
  for (const auto& [map, digest] : collations) used.insert(digest);
  if (absl::Status dropped =
          DropUnusedCollations(before, used, transaction->get());
      !dropped.ok()) {
    return dropped;
  }
  StoredBounds bounds = bounds_;
  if (!snapshot.read_bound.empty()) {
    bounds = bounds_.With(snapshot.bound_maps, snapshot.read_bound);
  }
  if (absl::Status put = bounds.Write(bounds_, transaction->get()); !put.ok()) {
    return put;
  }
  absl::Status committed = (*transaction)->Commit();
  must_write_bound_ = must_write_bound_ && !committed.ok();
  if (!committed.ok()) return committed;
  bounds_ = std::move(bounds);
  writer_->ForgetDeaths();
  return committed;
}

StoredReads MirrorStore::Reads(const std::vector<std::string>& maps) {
  const std::lock_guard<std::mutex> lock(mutex_);
  StoredReads reads;
  const absl::Status opened = OpenLocked();
  const absl::StatusOr<Records> records =
      opened.ok() ? writer_->ReadRecords() : opened;
  if (!records.ok()) {
    NoteDamage(records.status()).IgnoreError();
    reads.unknown = true;
    return reads;
  }
  reads.bounds = bounds_.Of(maps);
  for (const std::string& map : maps) {
    if (!records->contains(map)) continue;
    reads.filled = true;
    reads.unknown =
        reads.unknown || (bounds_.has_former() && !bounds_.Has(map));
  }
  return reads;
}

std::map<std::string, CollationTables::Collation> MirrorStore::OtherCollations(
    const std::map<std::string, std::string>& digests) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!OpenLocked().ok()) return {};
  const absl::StatusOr<Records> records = writer_->ReadRecords();
  if (!records.ok()) return {};
  return collations_.OtherThan(digests, *records, writer_.get());
}

absl::Status MirrorStore::KeepBound(const std::vector<std::string>& maps,
                                    const std::string& bound) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (absl::Status opened = OpenLocked(); !opened.ok()) return opened;
  StoredBounds bounds = bounds_.With(maps, bound);
  if (bounds == bounds_) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<StoreTransaction>> transaction =
      writer_->Begin();
  absl::Status status = transaction.status();
  if (status.ok()) status = bounds.Write(bounds_, transaction->get());
  if (status.ok()) status = (*transaction)->Commit();
  if (status.ok()) bounds_ = std::move(bounds);
  must_write_bound_ = absl::IsDataLoss(status);
  return NoteDamage(std::move(status));
}

absl::StatusOr<std::vector<MapResult>> MirrorStore::ApplyLocked(
    const Snapshot& snapshot) {
  const absl::StatusOr<Records> records = writer_->ReadRecords();
  if (!records.ok()) return records.status();
  const Moment now = clock_.Now();
  // Decided on a copy: what does not get into the store must not count as done,
  // an accept least of all.
  Guard guard = guard_;
  std::deque<MapChange> changes;
  bool writes = !snapshot.read_bound.empty() &&
                (must_write_bound_ || !bounds_.HasAll(snapshot.bound_maps));
  for (const MapSnapshot& map : snapshot.maps) {
    const auto record = records->find(map.map->name);
    const StoredMap stored = {
        .record = record == records->end() ? nullptr : &record->second,
        .writer = writer_.get()};
    absl::StatusOr<MapChange> change =
        DecideChange(snapshot, map, stored, &guard, now);
    if (!change.ok()) return change.status();
    writes = writes || ChangesStore(*change) || change->judgement.must_be_kept;
    changes.push_back(*std::move(change));
  }
  if (writes) {
    if (absl::Status written = Write(snapshot, changes, guard, *records);
        !written.ok()) {
      return written;
    }
  }
  std::vector<MapResult> results;
  results.reserve(changes.size());
  for (const MapChange& change : changes) {
    results.push_back(ResultOf(change));
  }
  {
    const std::lock_guard<std::mutex> lock(entries_mutex_);
    for (const MapResult& result : results) {
      entries_[result.map] = result.entries;
    }
  }
  guard_ = std::move(guard);
  return results;
}

absl::StatusOr<std::optional<std::vector<ReaderSlot>>>
MirrorStore::ClearStaleReaders() {
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return std::nullopt;
  absl::Status status = OpenLocked();
  if (status.ok()) status = writer_->ClearStaleReaders().status();
  if (!status.ok()) return status;
  return writer_->LateReaders();
}

absl::Status MirrorStore::DropAllBut(const std::set<std::string>& configured) {
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return absl::OkStatus();
  if (absl::Status opened = OpenLocked(); !opened.ok()) return opened;
  return NoteDamage(DropLocked(configured));
}

absl::Status MirrorStore::DropLocked(const std::set<std::string>& configured) {
  const absl::StatusOr<Records> records = writer_->ReadRecords();
  if (!records.ok()) return records.status();
  const bool all_filled = std::all_of(
      configured.begin(), configured.end(),
      [&](const std::string& map) { return records->contains(map); });
  if (!all_filled) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<StoreTransaction>> transaction =
      writer_->Begin();
  if (!transaction.ok()) return transaction.status();
  std::set<std::string> used;
  for (const auto& [name, record] : *records) {
    if (configured.contains(name)) {
      used.insert(record.collation_digest);
      continue;
    }
    absl::Status dropped = (*transaction)->DropSubDatabase(record.sub_database);
    if (dropped.ok()) dropped = (*transaction)->DeleteRecord(name);
    if (dropped.ok()) dropped = (*transaction)->DeleteNote(GuardNote(name));
    if (!dropped.ok() && !absl::IsNotFound(dropped)) return dropped;
    logger_.Notice(absl::StrCat("map ", name, ": dropped from the store, ",
                                "postmirror.cf does not name it any more"));
  }
  if (absl::Status dropped =
          DropUnusedCollations(*records, used, transaction->get());
      !dropped.ok()) {
    return dropped;
  }
  StoredBounds bounds = bounds_.Only({configured.begin(), configured.end()});
  if (absl::Status put = bounds.Write(bounds_, transaction->get()); !put.ok()) {
    return put;
  }
  // Writes nothing where nothing was dropped.
  absl::Status committed = (*transaction)->Commit();
  if (!committed.ok()) return committed;
  bounds_ = std::move(bounds);
  for (const auto& [name, record] : *records) {
    if (!configured.contains(name)) guard_.Forget(name);
  }
  const std::lock_guard<std::mutex> lock(entries_mutex_);
  std::erase_if(entries_, [&](const auto& entry) {
    return !configured.contains(entry.first);
  });
  return absl::OkStatus();
}

void MirrorStore::Restore(const std::string& map, const EarlierGuard& earlier) {
  const std::lock_guard<std::mutex> lock(mutex_);
  earlier_[map] = earlier;
  if (writer_ != nullptr) RestoreEarlier(map, earlier);
}

bool MirrorStore::Accept(const std::string& map, uint64_t removals,
                         uint64_t values, absl::string_view digest) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return guard_.Accept(map, removals, values, digest);
}

void MirrorStore::WithdrawAccept(const std::string& map) {
  const std::lock_guard<std::mutex> lock(mutex_);
  guard_.WithdrawAccept(map);
}

}  // namespace postmirror
