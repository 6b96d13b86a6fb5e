// What `listen` comes to beside the sockets that are open already: decided and
// bound as a whole, before anything that is served is touched.
#ifndef POSTMIRROR_PROXY_LISTEN_PLAN_H_
#define POSTMIRROR_PROXY_LISTEN_PLAN_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proxy/net/listener.h"
#include "proxy/net/socket_rights.h"
#include "proxy/protocol/codec.h"
#include "proxy/protocol/codec_set.h"
#include "schema/config/config.h"

namespace postmirror {

struct ListenPlan {
  // The open sockets that stay, by address, and what their new clients speak.
  std::map<std::string, const Codec*> open;
  std::vector<std::pair<Listener, const Codec*>> bound;
  SocketRights rights;
  // For sockets of the service manager that no entry names.
  const Codec* unserved = nullptr;
  bool warns_of_unserved = true;  // not while nothing is configured at all
};

// `open` are the addresses where sockets listen already; the codecs must
// outlive the plan. Fails as Listen does, and leaves nothing bound then.
absl::StatusOr<ListenPlan> PlanListen(const Config& config,
                                      const std::set<std::string>& open,
                                      const CodecSet& codecs);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_LISTEN_PLAN_H_
