#include "sync/loop_status.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postmirror {
namespace {

std::string HostNames(const ServerPlan& plan) {
  return absl::StrJoin(plan.hosts, ", ",
                       [](std::string* out, const ServerAddress& host) {
                         absl::StrAppend(out, host.ToString());
                       });
}

void TakeOver(const MapResult& result, MapStatus* map) {
  map->broken.clear();
  map->broken_since.reset();
  const HeldChanges held = result.held.value_or(HeldChanges());
  map->held_removals = held.removals;
  map->held_values = held.values;
  map->held_additions = held.additions;
  map->held_digest = held.digest;
  map->held_reason = held.reason;
  map->waiting_removals = result.waiting_removals;
  map->waiting_additions = result.waiting_additions;
}

}  // namespace

LoopStatus::LoopStatus(const ServerPlan& plan, size_t number,
                       StatusBoard* board)
    : number_(number), board_(*board) {
  status_.hosts = HostNames(plan);
  for (const Group& group : plan.groups) {
    for (const MirroredMap& map : group.maps) {
      status_.maps.push_back(board_.Earlier(map.name));
      status_.maps.back().largest.reset();
    }
  }
  board_.Post(number_, status_);
}

void LoopStatus::NoteSource(const ServerSession& session) {
  const SignalChoice& choice = session.choice();
  status_.server = session.server();
  status_.change_source = std::string(choice.signal().name());
  status_.as_configured = choice.is_as_configured();
  status_.reason = choice.reason();
  if (!choice.advice().empty()) {
    absl::StrAppend(&status_.reason, "; ", choice.advice());
  }
}

bool LoopStatus::NoteBrokenMaps(const BrokenMaps& broken) {
  bool waited = false;
  for (MapStatus& map : status_.maps) {
    waited = waited || !map.broken.empty();
    const BrokenMap* const found = broken.Find(map.name);
    if (found == nullptr) continue;
    map.broken = found->error;
    if (!map.broken_since.has_value()) map.broken_since = found->since;
  }
  return waited;
}

std::vector<UntoldChanges> LoopStatus::NoteResults(
    const Snapshot& snapshot, const std::vector<MapResult>& results,
    bool told) {
  status_.error.clear();
  std::vector<UntoldChanges> untold;
  for (size_t i = 0; i < status_.maps.size(); ++i) {
    MapStatus& map = status_.maps[i];
    const auto result = std::find_if(
        results.begin(), results.end(),
        [&](const MapResult& candidate) { return candidate.map == map.name; });
    if (result == results.end()) continue;
    // What waited was told when it came.
    const bool waited = map.Waits();
    TakeOver(*result, &map);
    map.entries = result->entries;
    const uint64_t changes = result->added + result->changed + result->removed;
    if (told && !waited && changes > 0 && !snapshot.scope.everything &&
        snapshot.scope.maps[i].empty()) {
      untold.push_back({.map = map.name, .changes = changes});
    }
  }
  return untold;
}

void LoopStatus::Confirm(const Moment& asked) {
  for (MapStatus& map : status_.maps) {
    if (!map.Waits()) map.confirmed = asked;
  }
  board_.Post(number_, status_);
}

void LoopStatus::PostFault(const absl::Status& fault, absl::Time now) {
  status_.server.clear();
  status_.doubt.clear();
  status_.unfit.clear();
  status_.error = std::string(fault.message());
  status_.last_error = absl::StrCat(
      absl::FormatTime(absl::RFC3339_sec, now, absl::LocalTimeZone()), " ",
      status_.error);
  board_.Post(number_, status_);
}

}  // namespace postmirror
