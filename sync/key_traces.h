// What the guard remembers for an hour of keys that were removed from a map, or
// whose value changed: which keys, what entry each had before, and when.
// Bounded: of further keys only their number is remembered.
#ifndef POSTMIRROR_SYNC_KEY_TRACES_H_
#define POSTMIRROR_SYNC_KEY_TRACES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "schema/runtime/clock.h"
#include "sync/key_set.h"

namespace postmirror {

class KeyTraces {
 public:
  // So many keys are remembered each by itself: 384 KiB in the store.
  static constexpr size_t kMaxKeys = 16384;
  // The guard's memory.
  static constexpr absl::Duration kMemory = absl::Hours(1);

  // Keys of about one moment.
  struct Stretch {
    uint64_t number = 0;  // rises
    Moment began;
    uint64_t nameless = 0;  // keys beyond the bound

    friend bool operator==(const Stretch&, const Stretch&) = default;
  };
  struct Trace {
    uint64_t key = 0;
    uint64_t entry = 0;    // what it had before
    uint64_t stretch = 0;  // its number

    friend bool operator==(const Trace&, const Trace&) = default;
  };

  KeyTraces() = default;
  // As an earlier process left them. REQUIRES: stretches rise by number; each
  // trace names one of them; traces rise by key.
  KeyTraces(std::deque<Stretch> stretches, std::vector<Trace> traces)
      : stretches_(std::move(stretches)), traces_(std::move(traces)) {}

  // How many keys these are.
  uint64_t count() const;
  bool empty() const { return count() == 0; }
  // Whether it is known which they are: else some of them may be back.
  bool all_named() const { return count() == traces_.size(); }

  // What the key had before; nothing where it is not remembered by itself.
  std::optional<uint64_t> EntryBefore(uint64_t key) const;

  // Remembers the keys as of `now`. Of one that is remembered already, the
  // entry of before stays.
  void Add(const std::vector<KeyEntry>& keys, const Moment& now);
  void Forget(const KeySet& keys);

  // Forgets what is older than an hour.
  void Expire(const Moment& now);

  const std::deque<Stretch>& stretches() const { return stretches_; }
  const std::vector<Trace>& traces() const { return traces_; }

  friend bool operator==(const KeyTraces&, const KeyTraces&) = default;

 private:
  uint64_t StretchOf(const Moment& now);

  std::deque<Stretch> stretches_;
  std::vector<Trace> traces_;  // by key
};

// Whether `when` is longer ago than `memory`. One of unknown age, since the
// clock was set back, counts as of now and becomes it.
bool IsOver(Moment* when, const Moment& now, absl::Duration memory);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_KEY_TRACES_H_
