#include "proxy/client_limit.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "proxy/acceptor.h"
#include "proxy/net/descriptor_limit.h"
#include "proxy/worker.h"

namespace postmirror {
namespace {

// The store (twice while it is reopened), the triggers, the log, what serves
// metrics with its 32 clients and the status with its 17, and what was
// inherited: about 80.
constexpr int kOtherDescriptors = 128;
// A host name stands for one address of IPv4 and one of IPv6, as a rule.
constexpr int kSocketsAListenEntry = 2;

}  // namespace

int ReservedDescriptors(const Config& config) {
  return kOtherDescriptors + static_cast<int>(Worker::kMaxTurnedAway) +
         Worker::kDescriptors * config.proxy_threads +
         (kSocketsAListenEntry + Acceptor::kMaxMoving) *
             static_cast<int>(config.listen.size());
}

int AffordableClients(const Config& config, int listeners, Logger* logger) {
  listeners = std::max(listeners, 1);
  const int reserved = ReservedDescriptors(config);
  const int64_t wanted = int64_t{config.client_limit} * listeners + reserved;
  const int limit = RaiseDescriptorLimit(static_cast<int>(
      std::min<int64_t>(wanted, std::numeric_limits<int>::max())));
  const int affordable = std::max((limit - reserved) / listeners, 1);
  if (affordable >= config.client_limit) return config.client_limit;
  logger->Warning(
      absl::StrCat("client_limit is lowered from ", config.client_limit, " to ",
                   affordable, ": it holds for each of ", listeners,
                   " listeners, and the process may have no more than ", limit,
                   " open files (setrlimit(2), LimitNOFILE=)"));
  return affordable;
}

}  // namespace postmirror
