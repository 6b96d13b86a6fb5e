#include "sync/pending_changes.h"

#include <utility>

namespace postmirror {
namespace {

// Beyond so many waiting groups and values, what is known of them gets coarser:
// the memory is bounded, and one read serves them all.
constexpr size_t kMaxEntries = 10000;
constexpr size_t kMaxValues = 50000;
constexpr size_t kMaxWaitingValues = 500000;

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
  if (unknown_.has_value() && *unknown_ <= asked_) unknown_.reset();
}

std::shared_ptr<const WatchList> PendingChanges::list() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {maps_, &maps_->list()};
}

bool PendingChanges::Advance(const BinlogPosition& to,
                             const std::optional<BinlogGroup>& group) {
  const std::lock_guard<std::mutex> lock(mutex_);
  at_ = to;
  advanced_.notify_all();
  if (!group.has_value()) return false;
  if (group->anything) {
    anything_told_ = anything_told_ || group->end > covered_;
    if (group->end <= asked_) return false;
    unknown_ = group->end;
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

bool PendingChanges::settling() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !settling_.empty();
}

bool PendingChanges::IsDue(const Moment& now) const {
  return !settling_.empty() &&
         Elapsed(settling_.front().arrived, now) >= kSettleTime;
}

absl::StatusOr<ReadScope> PendingChanges::TakeUpTo(const BinlogPosition& to) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (to < watched_from_) {
    return absl::AbortedError("a commit in the binlog is not visible yet");
  }
  ReadScope scope;
  scope.everything =
      std::exchange(anything_told_, false) || unknown_.has_value();
  scope.maps.resize(maps_->size());
  const auto take = [&scope](const Entry& entry) {
    for (size_t i = 0; i < scope.maps.size(); ++i) {
      Merge(entry.maps[i], &scope.maps[i]);
    }
  };
  const Moment now = clock_.Now();
  for (; IsDue(now); settling_.pop_front()) take(settling_.front());
  while (!entries_.empty() && entries_.front().first_end <= to) {
    take(entries_.front());
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

}  // namespace postmirror
