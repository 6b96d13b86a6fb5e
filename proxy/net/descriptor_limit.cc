#include "proxy/net/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace postmirror {

int RaiseDescriptorLimit(int wanted) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto target = static_cast<rlim_t>(wanted);
  if (limit.rlim_cur < target) {
    // A privileged process may raise the hard limit as well.
    const rlimit beyond = {.rlim_cur = target,
                           .rlim_max = std::max(target, limit.rlim_max)};
    const rlimit within = {.rlim_cur = std::min(target, limit.rlim_max),
                           .rlim_max = limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &beyond) != 0)
      setrlimit(RLIMIT_NOFILE, &within);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  constexpr rlim_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(limit.rlim_cur, kMost));
}

}  // namespace postmirror
