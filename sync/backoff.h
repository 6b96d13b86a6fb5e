// How long to wait before the next try: from 0.1 s, doubling, to `longest`,
// each time between half and the whole of it, so that many programs do not
// return at once.
#ifndef POSTMIRROR_SYNC_BACKOFF_H_
#define POSTMIRROR_SYNC_BACKOFF_H_

#include <algorithm>
#include <random>

#include "absl/time/time.h"

namespace postmirror {

class Backoff {
 public:
  Backoff(absl::Duration longest, uint32_t seed)
      : longest_(longest), random_(seed) {}

  void Reset() { step_ = kFirst; }

  absl::Duration Next() {
    const absl::Duration step = step_;
    step_ = std::min(step_ * 2, longest_);
    return step * std::uniform_real_distribution<double>(0.5, 1.0)(random_);
  }

 private:
  static constexpr absl::Duration kFirst = absl::Milliseconds(100);

  const absl::Duration longest_;
  absl::Duration step_ = kFirst;
  std::minstd_rand random_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BACKOFF_H_
