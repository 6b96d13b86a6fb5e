#include "sync/losses.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postmirror {
namespace {

// Up to so many entries, two removals are much of a map.
constexpr uint64_t kSmallMap = 20;
// So few are the administrator's daily work, whatever the map's size.
constexpr uint64_t kDailyWork = 10;

bool IsNewcomer(const GuardRecord& record, uint64_t key) {
  return record.hold.has_value() && record.hold->newcomers.Contains(key);
}

// How many of the measure; no more of them than there are. `all_named`: it is
// known which they are.
std::string HowMany(const Losses& losses, const Hold& hold, bool all_named) {
  const uint64_t count = losses.OfMeasure();
  const bool exact = all_named && count <= hold.measure &&
                     hold.newcomers.size() < GuardRecord::kMaxKeys;
  return absl::StrCat(exact ? "" : "up to ", std::min(count, hold.measure));
}

}  // namespace

Losses CountRemovals(const JudgedChange& change, const GuardRecord& record) {
  Losses losses;
  losses.total = record.missing.count();
  for (const KeyEntry& added : change.added) {
    if (record.missing.EntryBefore(added.key).has_value()) --losses.total;
  }
  for (const KeyEntry& removed : change.removed) {
    if (record.held_keys.Contains(removed.key)) continue;
    ++losses.free;
    ++losses.total;
    if (IsNewcomer(record, removed.key)) ++losses.newcomers;
  }
  return losses;
}

Losses CountValues(const JudgedChange& change, const GuardRecord& record) {
  Losses losses;
  losses.total = record.changed.count();
  for (const KeyChange& changed : change.changed) {
    if (record.held_keys.Contains(changed.key)) continue;
    ++losses.free;
    const auto before = record.changed.EntryBefore(changed.key);
    if (!before.has_value()) {
      ++losses.total;
      if (IsNewcomer(record, changed.key)) ++losses.newcomers;
    } else if (*before == changed.to) {
      --losses.total;  // it changes back
    }
  }
  return losses;
}

double HoldLimit(uint64_t measure, double max_shrink) {
  const double daily = measure > kSmallMap ? kDailyWork : 1;
  return std::max(daily, static_cast<double>(measure) * max_shrink);
}

uint64_t ReleaseLimit(uint64_t measure) {
  return measure > kSmallMap ? kDailyWork : 0;
}

std::string HoldReason(const JudgedChange& change, const GuardRecord& record,
                       bool waits_whole) {
  std::vector<std::string> reasons;
  const Hold hold = record.hold.value_or(Hold());
  if (hold.removals) {
    reasons.push_back(absl::StrCat("the database now lacks ",
                                   HowMany(CountRemovals(change, record), hold,
                                           record.missing.all_named()),
                                   " of the ", hold.measure,
                                   " entries that it had within an hour"));
  }
  if (hold.values) {
    reasons.push_back(absl::StrCat(
        HowMany(CountValues(change, record), hold, record.changed.all_named()),
        " values of ", hold.measure, " entries changed within an hour"));
  }
  if (hold.unknown) {
    reasons.emplace_back(
        "what was held of it is not known any more, so that all of it is");
  }
  const HeldKeys& keys = record.held_keys;
  if (!keys.uncontained.empty()) {
    reasons.emplace_back(
        "the host that is read may lack changes that were read before");
  }
  if (!keys.later.empty()) {
    reasons.push_back(
        absl::StrCat(keys.later.size(), " keys came after what was accepted"));
  }
  if (!keys.gone.empty()) {
    reasons.push_back(absl::StrCat(
        "the store was lost, and ", keys.gone.size(),
        " keys that were held in it are answered as the database has them"));
  }
  if (waits_whole) {
    reasons.emplace_back("its new definition is taken as a whole or not yet");
  }
  if (change.by_stored) {
    reasons.emplace_back(
        "its new collation waits with what is held: until then keys are "
        "compared by the one of before");
  }
  return absl::StrJoin(reasons, ", and ");
}

}  // namespace postmirror
