#include "proxy/metrics/lookup_counts.h"

#include <time.h>

#include "schema/config/parameter.h"

namespace postmirror {
namespace {

uint64_t Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

LookupCounts::LookupCounts()
    : lookups_(Parameters().size() * kProtocols.size() * kOutcomes.size()) {}

size_t LookupCounts::BucketOf(uint64_t nanoseconds) {
  // Nearly all end among the first ones: a search by halves takes longer.
  size_t bucket = 0;
  while (bucket < kBoundsNanoseconds.size() &&
         nanoseconds > kBoundsNanoseconds[bucket]) {
    ++bucket;
  }
  return bucket;
}

void LookupCounts::Enable(bool enabled) {
  enabled_.store(enabled, std::memory_order_relaxed);
}

void LookupCounts::BeginRead() { began_ = enabled() ? Now() : 0; }

void LookupCounts::CountLookup(Protocol protocol, size_t parameter,
                               Outcome outcome) {
  // Enabled since the read, maybe: then it is not known when this began.
  if (began_ == 0) return;
  const uint64_t now = Now();
  const uint64_t took = now - began_;
  began_ = now;
  Add(1, &durations_[BucketOf(took)]);
  Add(took, &nanoseconds_);
  Add(1, &lookups_[IndexOf(protocol, parameter, outcome)]);
}

void LookupCounts::CountRefused(Protocol protocol) {
  if (enabled()) Add(1, &refused_[static_cast<size_t>(protocol)]);
}

}  // namespace postmirror
