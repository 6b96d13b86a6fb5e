#include "sync/guard.h"

#include <utility>

namespace postmirror {

void Guard::Restore(const std::string& map, std::optional<GuardRecord> record) {
  State& state = maps_[map];
  state = {};
  state.unkept = !record.has_value();
  if (record.has_value()) {
    state.record = *std::move(record);
  } else {
    state.record.hold.emplace().unknown = true;
  }
}

void Guard::RestoreEarlier(const std::string& map,
                           const std::optional<MapSize>& largest, bool held) {
  GuardRecord record;
  if (largest.has_value()) record.counts.push_back(*largest);
  if (held) {
    Hold& hold = record.hold.emplace();
    hold.removals = true;
    hold.measure = largest.value_or(MapSize()).entries;
  }
  Restore(map, std::move(record));
  maps_[map].unkept = held;
}

void Guard::NoteNewStore() {
  for (auto& [map, state] : maps_) state.unkept = true;
}

const GuardRecord* Guard::Record(const std::string& map) const {
  const auto state = maps_.find(map);
  return state == maps_.end() ? nullptr : &state->second.record;
}

bool Guard::RemembersKeys(const std::string& map) const {
  const GuardRecord* record = Record(map);
  return record != nullptr &&
         (IsHeld(map) || !record->missing.empty() || !record->changed.empty());
}

bool Guard::IsHeld(const std::string& map) const {
  const GuardRecord* record = Record(map);
  return record != nullptr &&
         (record->hold.has_value() || !record->held_keys.empty());
}

Judgement Guard::Judge(const std::string& map, const JudgedChange& change,
                       const Moment& now) {
  State& state = maps_[map];
  // An earlier process held it, and its store is gone with what was held.
  if (change.is_first_fill && !state.held.has_value() &&
      state.record.hold.has_value()) {
    state.record.hold->unknown = true;
  }
  Judgement judgement =
      postmirror::Judge(change, max_shrink_,
                        {.held = state.held_keys, .accepted = state.accepted},
                        now, &state.record);
  judgement.must_be_kept = judgement.must_be_kept || state.unkept;
  state.unkept = false;
  state.accepted.reset();
  state.held = judgement.held;
  state.held_keys = std::move(judgement.held_keys);
  return judgement;
}

bool Guard::Accept(const std::string& map, uint64_t removals, uint64_t values,
                   absl::string_view digest) {
  if (!IsHeld(map)) return false;
  State& state = maps_[map];
  // What an earlier process held is told by the next change set.
  if (state.held.has_value() &&
      (state.held->removals != removals || state.held->values != values ||
       state.held->digest != digest)) {
    return false;
  }
  state.accepted =
      Accepted{.keys = state.held_keys, .digest = std::string(digest)};
  return true;
}

void Guard::WithdrawAccept(const std::string& map) {
  if (const auto state = maps_.find(map); state != maps_.end()) {
    state->second.accepted.reset();
  }
}

}  // namespace postmirror
