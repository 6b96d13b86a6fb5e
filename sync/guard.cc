#include "sync/guard.h"

#include <algorithm>
#include <utility>

#include "schema/runtime/digest.h"

namespace postmirror {
namespace {

constexpr absl::Duration kMemory = absl::Hours(1);
// So few removals are the administrator's daily work, whatever the map's size.
constexpr uint64_t kDailyRemovals = 10;

}  // namespace

Removals DigestRemovals(const ChangeSet& changes) {
  Removals removals;
  removals.count = changes.removed.size();
  removals.key_hashes.reserve(changes.removed.size());
  for (size_t i = 0; i < changes.removed.size(); ++i) {
    const absl::string_view key = changes.removed.row(i).key;
    removals.key_hashes.push_back(Digest(key));
  }
  std::sort(removals.key_hashes.begin(), removals.key_hashes.end());
  removals.digest = DigestText(absl::string_view(
      reinterpret_cast<const char*>(removals.key_hashes.data()),
      removals.key_hashes.size() * sizeof(uint64_t)));
  return removals;
}

void Guard::Restore(const std::string& map, const MapSize& largest,
                    std::optional<Removals> held) {
  State& state = maps_[map];
  state.counts.push_back(largest);
  state.held = std::move(held);
}

std::optional<MapSize> Guard::Largest(const std::string& map) const {
  const auto state = maps_.find(map);
  if (state == maps_.end() || state->second.counts.empty()) return std::nullopt;
  return state->second.counts.front();
}

bool Guard::RemovesTooMuch(const ChangeSet& changes, uint64_t largest) const {
  if (changes.removed.size() == 0) return false;
  if (changes.after == 0) return true;
  if (changes.after + kDailyRemovals >= largest) return false;
  return static_cast<double>(changes.after) <
         static_cast<double>(largest) * (1 - max_shrink_);
}

bool Guard::Passes(const std::string& map, const ChangeSet& changes,
                   const Moment& now) {
  State& state = maps_[map];
  // It has so many until now, however long ago they were applied.
  state.Remember(changes.before, now);
  while (Elapsed(state.counts.front().when, now) > kMemory) {
    state.counts.pop_front();
  }
  const bool few =
      changes.removed.size() <= kDailyRemovals && changes.after > 0;
  const bool too_much =
      state.held.has_value()
          ? !few
          : RemovesTooMuch(changes, state.counts.front().entries);
  if (!too_much) {
    // What the map was before it was held is no measure any more.
    if (state.held.has_value()) state.counts.clear();
    state.held.reset();
    state.accepted.reset();
    return true;
  }
  Removals removals = DigestRemovals(changes);
  if (state.accepted.has_value() &&
      std::includes(state.accepted->key_hashes.begin(),
                    state.accepted->key_hashes.end(),
                    removals.key_hashes.begin(), removals.key_hashes.end())) {
    state = {};
    return true;
  }
  state.accepted.reset();
  state.held = std::move(removals);
  return false;
}

void Guard::State::Remember(uint64_t entries, const Moment& now) {
  while (!counts.empty() && counts.back().entries <= entries) counts.pop_back();
  counts.push_back({entries, now});
}

const Removals* Guard::Held(const std::string& map) const {
  const auto state = maps_.find(map);
  if (state == maps_.end() || !state->second.held.has_value()) return nullptr;
  return &*state->second.held;
}

bool Guard::Accept(const std::string& map, uint64_t count,
                   absl::string_view digest) {
  const Removals* held = Held(map);
  if (held == nullptr || held->count != count || held->digest != digest) {
    return false;
  }
  maps_[map].accepted = *held;
  return true;
}

void Guard::WithdrawAccept(const std::string& map) {
  if (const auto state = maps_.find(map); state != maps_.end()) {
    state->second.accepted.reset();
  }
}

}  // namespace postmirror
