// What one worker has counted of its lookups. Its thread alone counts, without
// a lock or a locked instruction; any thread may read meanwhile. Nothing is
// counted, and no clock is read, before Enable(true).
//
//   counts.BeginRead();                        // requests were read
//   counts.CountLookup(protocol, 0, outcome);  // for each of them, in order
#ifndef POSTMIRROR_PROXY_METRICS_LOOKUP_COUNTS_H_
#define POSTMIRROR_PROXY_METRICS_LOOKUP_COUNTS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "schema/config/listen_entry.h"
#include "schema/search/outcome.h"

namespace postmirror {

// Cache lines of its own, but for the ends of the counts by parameter: a
// neighbour that another thread writes would make each count wait.
class alignas(64) LookupCounts {
 public:
  static constexpr std::array kProtocols = {Protocol::kTcpTable,
                                            Protocol::kSocketmap};
  static constexpr std::array kOutcomes = {Outcome::kFound, Outcome::kNotFound,
                                           Outcome::kTemporary};

  // Upper bounds of how long a lookup took, ascending. Beyond a page fault or
  // two there is only what a stalled disk or machine brings.
  static constexpr std::array<uint64_t, 16> kBoundsNanoseconds = {
      250,       500,        1'000,       2'500,        5'000,   10'000,
      25'000,    50'000,     100'000,     250'000,      500'000, 1'000'000,
      2'500'000, 10'000'000, 100'000'000, 1'000'000'000};
  static constexpr size_t kBuckets = kBoundsNanoseconds.size() + 1;

  // The first bound that is not below `nanoseconds`; beyond all, kBuckets - 1.
  static size_t BucketOf(uint64_t nanoseconds);

  LookupCounts();

  // Any thread may call.
  void Enable(bool enabled);

  // What is counted next began now, with the parsing of its request.
  void BeginRead();

  // A lookup in the parameter of that index into Parameters() ended so. What is
  // counted next began with this end.
  void CountLookup(Protocol protocol, size_t parameter, Outcome outcome);

  // A request was malformed, or for a name that is no parameter, or at an
  // address that listen does not name.
  void CountRefused(Protocol protocol);

  uint64_t lookups(Protocol protocol, size_t parameter, Outcome outcome) const {
    return Load(lookups_[IndexOf(protocol, parameter, outcome)]);
  }
  uint64_t refused(Protocol protocol) const {
    return Load(refused_[static_cast<size_t>(protocol)]);
  }
  // Of that bucket alone.
  uint64_t durations(size_t bucket) const { return Load(durations_[bucket]); }
  // Of all lookups together.
  uint64_t nanoseconds() const { return Load(nanoseconds_); }

 private:
  // Written by one thread, so that a plain load and a plain store will do.
  using Number = std::atomic<uint64_t>;

  static uint64_t Load(const Number& number) {
    return number.load(std::memory_order_relaxed);
  }
  static void Add(uint64_t amount, Number* number) {
    number->store(Load(*number) + amount, std::memory_order_relaxed);
  }
  static size_t IndexOf(Protocol protocol, size_t parameter, Outcome outcome) {
    return (parameter * kProtocols.size() + static_cast<size_t>(protocol)) *
               kOutcomes.size() +
           static_cast<size_t>(outcome);
  }

  bool enabled() const { return enabled_.load(std::memory_order_relaxed); }

  std::atomic<bool> enabled_ = false;
  uint64_t began_ = 0;  // nanoseconds of CLOCK_MONOTONIC; 0: not known
  Number nanoseconds_ = 0;
  std::array<Number, kBuckets> durations_ = {};
  std::array<Number, kProtocols.size()> refused_ = {};
  std::vector<Number> lookups_;  // by IndexOf
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_METRICS_LOOKUP_COUNTS_H_
