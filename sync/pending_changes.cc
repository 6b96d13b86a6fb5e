#include "sync/pending_changes.h"

#include <algorithm>
#include <utility>

namespace postmirror {
namespace {

// Beyond so many waiting groups and values, what is known of them gets coarser:
// the memory is bounded, and one read serves them all.
constexpr size_t kMaxEntries = 10000;
constexpr size_t kMaxValues = 50000;
constexpr size_t kMaxWaitingValues = 500000;
// FLUSH TABLES makes a new version of each table.
constexpr size_t kMaxVersions = 16;

void Merge(const MapScope& from, MapScope* into) {
  if (into->whole || from.whole) return into->Widen();
  into->values.insert(from.values.begin(), from.values.end());
  if (into->values.size() > kMaxValues) into->Widen();
}

}  // namespace

void PendingChanges::Watch(std::shared_ptr<const WatchedMaps> maps,
                           const BinlogPosition& asked) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // The maps of a plan stay, so that what waits is still good.
  maps_ = std::move(maps);
  asked_ = asked;
  watched_from_ = at_;
  CutOff(asked_, &unknown_);
  proven_.clear();
  taken_.clear();
}

std::shared_ptr<const WatchList> PendingChanges::list() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {maps_, &maps_->list()};
}

bool PendingChanges::Advance(const BinlogPosition& to,
                             const std::optional<BinlogGroup>& group) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const BinlogPosition before = std::exchange(at_, to);
  advanced_.notify_all();
  if (!group.has_value()) return false;
  if (group->anything) {
    if (group->end > covered_) Extend(before, group->end, &anything_told_);
    if (group->end <= asked_) return false;
    Extend(before, group->end, &unknown_);
    return true;
  }
  if (group->end <= covered_) return false;
  Append(*group);
  return true;
}

void PendingChanges::Append(const BinlogGroup& group) {
  if (entries_.empty() ||
      (entries_.size() < kMaxEntries && waiting_values_ < kMaxWaitingValues)) {
    entries_.push_back({.arrived = {},
                        .first_end = group.end,
                        .end = group.end,
                        .maps = std::vector<MapScope>(maps_->size())});
  }
  Entry& last = entries_.back();
  last.end = group.end;
  last.arrived = clock_.Now();
  for (const ChangedTable& table : group.tables) {
    for (const auto& column : table.values) waiting_values_ += column.size();
  }
  // Otherwise Watch came while the group was read, and its tables are not those
  // of now.
  const bool current = group.watched.get() == &maps_->list();
  if (current) maps_->Widen(group, !unknown_.has_value(), &last.maps);
  for (MapScope& map : last.maps) {
    if (!current || map.values.size() > kMaxValues) map.Widen();
  }
  if (!current) return;
  for (const ChangedTable& table : group.tables) {
    const WatchedTable& watched = maps_->list().tables()[table.table];
    const TableName name = {watched.database, watched.table};
    for (const TableVersion& version : table.versions) {
      if (!IsProven(name, version)) last.unproven[name].insert(version);
    }
  }
}

bool PendingChanges::IsProven(const TableName& table,
                              const TableVersion& version) const {
  const auto proven = proven_.find(table);
  return proven != proven_.end() && proven->second.contains(version);
}

void PendingChanges::Extend(const BinlogPosition& after,
                            const BinlogPosition& last,
                            std::optional<Stretch>* stretch) {
  if (!stretch->has_value()) {
    stretch->emplace(Stretch{.after = after, .last = last});
    return;
  }
  (*stretch)->after = std::min((*stretch)->after, after);
  (*stretch)->last = std::max((*stretch)->last, last);
}

bool PendingChanges::CutOff(const BinlogPosition& visible,
                            std::optional<Stretch>* stretch) {
  if (!stretch->has_value() || (*stretch)->after >= visible) return false;
  (*stretch)->after = visible;
  if ((*stretch)->last <= visible) stretch->reset();
  return true;
}

void PendingChanges::Fail(absl::Status status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ended_ = std::move(status);
  advanced_.notify_all();
}

absl::StatusOr<bool> PendingChanges::Await(const BinlogPosition& to,
                                           absl::Duration timeout) {
  std::unique_lock<std::mutex> lock(mutex_);
  const bool reached =
      advanced_.wait_for(lock, absl::ToChronoMicroseconds(timeout),
                         [&] { return at_ >= to || !ended_.ok(); });
  if (!ended_.ok()) return ended_;
  return reached;
}

PendingChanges::Kind PendingChanges::kind() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (unknown_.has_value()) return Kind::kEverything;
  if (!entries_.empty() || IsDue(clock_.Now())) return Kind::kNamed;
  return Kind::kNothing;
}

PendingChanges::Kind PendingChanges::kind(const BinlogPosition& visible) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (unknown_.has_value() && unknown_->after < visible) {
    return Kind::kEverything;
  }
  const bool has_entry =
      !entries_.empty() && entries_.front().first_end <= visible;
  return has_entry || IsDue(clock_.Now()) ? Kind::kNamed : Kind::kNothing;
}

bool PendingChanges::settling() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !settling_.empty();
}

bool PendingChanges::IsDue(const Moment& now) const {
  return !settling_.empty() &&
         Elapsed(settling_.front().arrived, now) >= kSettleTime;
}

void PendingChanges::Take(const Entry& entry, ReadScope* scope) {
  for (size_t i = 0; i < scope->maps.size(); ++i) {
    Merge(entry.maps[i], &scope->maps[i]);
  }
  for (const auto& [table, versions] : entry.unproven) {
    for (const TableVersion& version : versions) {
      if (IsProven(table, version)) continue;
      taken_[table].insert(version);
      scope->unproven.insert(table);
    }
  }
}

ReadScope PendingChanges::TakeUpTo(const BinlogPosition& to) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool told = CutOff(to, &anything_told_);
  ReadScope scope;
  scope.everything = told || (unknown_.has_value() && unknown_->after < to);
  if (to < watched_from_) Extend(to, watched_from_, &unknown_);
  scope.maps.resize(maps_->size());
  taken_.clear();
  const Moment now = clock_.Now();
  for (; IsDue(now); settling_.pop_front()) Take(settling_.front(), &scope);
  while (!entries_.empty() && entries_.front().first_end <= to) {
    Take(entries_.front(), &scope);
    // Groups behind `to` among them are not seen by the caller's read.
    if (entries_.front().end > to) break;
    if (Elapsed(entries_.front().arrived, now) < kSettleTime) {
      settling_.push_back(std::move(entries_.front()));
    }
    entries_.pop_front();
  }
  if (entries_.empty()) waiting_values_ = 0;
  if (covered_ < to) covered_ = to;
  return scope;
}

void PendingChanges::MarkProven() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto& [table, versions] : taken_) {
    std::set<TableVersion>& proven = proven_[table];
    proven.merge(versions);
    while (proven.size() > kMaxVersions) proven.erase(proven.begin());
  }
  taken_.clear();
}

}  // namespace postmirror
