#include "sync/key_traces.h"

#include <algorithm>
#include <utility>

namespace postmirror {
namespace {

// Keys within so long share a moment, their first: an hour has few of them.
constexpr absl::Duration kStretch = absl::Seconds(30);

bool ByKey(const KeyTraces::Trace& one, const KeyTraces::Trace& other) {
  return one.key < other.key;
}

}  // namespace

bool IsOver(Moment* when, const Moment& now, absl::Duration memory) {
  const absl::Duration age = Elapsed(*when, now);
  if (age == absl::InfiniteDuration()) {
    *when = now;
    return false;
  }
  return age > memory;
}

uint64_t KeyTraces::count() const {
  uint64_t count = traces_.size();
  for (const Stretch& stretch : stretches_) count += stretch.nameless;
  return count;
}

std::optional<uint64_t> KeyTraces::EntryBefore(uint64_t key) const {
  const auto trace = std::lower_bound(traces_.begin(), traces_.end(),
                                      Trace{.key = key}, ByKey);
  if (trace == traces_.end() || trace->key != key) return std::nullopt;
  return trace->entry;
}

uint64_t KeyTraces::StretchOf(const Moment& now) {
  if (stretches_.empty() || Elapsed(stretches_.back().began, now) > kStretch) {
    const uint64_t number =
        stretches_.empty() ? 0 : stretches_.back().number + 1;
    stretches_.push_back({.number = number, .began = now});
  }
  return stretches_.back().number;
}

void KeyTraces::Add(const std::vector<KeyEntry>& keys, const Moment& now) {
  if (keys.empty()) return;
  const uint64_t stretch = StretchOf(now);
  std::vector<Trace> added;
  for (const KeyEntry& key : keys) {
    const auto known = std::lower_bound(traces_.begin(), traces_.end(),
                                        Trace{.key = key.key}, ByKey);
    if (known != traces_.end() && known->key == key.key) {
      known->stretch = stretch;
    } else if (traces_.size() + added.size() < kMaxKeys) {
      added.push_back({.key = key.key, .entry = key.entry, .stretch = stretch});
    } else {
      ++stretches_.back().nameless;
    }
  }
  std::sort(added.begin(), added.end(), ByKey);
  const auto middle = static_cast<std::ptrdiff_t>(traces_.size());
  traces_.insert(traces_.end(), added.begin(), added.end());
  std::inplace_merge(traces_.begin(), traces_.begin() + middle, traces_.end(),
                     ByKey);
}

void KeyTraces::Forget(const KeySet& keys) {
  if (keys.empty()) return;
  std::erase_if(traces_,
                [&](const Trace& trace) { return keys.Contains(trace.key); });
}

void KeyTraces::Expire(const Moment& now) {
  const size_t before = stretches_.size();
  std::erase_if(stretches_, [&](Stretch& stretch) {
    return IsOver(&stretch.began, now, kMemory + kStretch);
  });
  if (stretches_.size() == before) return;
  std::erase_if(traces_, [&](const Trace& trace) {
    return std::none_of(stretches_.begin(), stretches_.end(),
                        [&](const Stretch& stretch) {
                          return stretch.number == trace.stretch;
                        });
  });
}

}  // namespace postmirror
