#include "proxy/listen_plan.h"

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// Two that are bound meet in bind(2).
absl::Status TwoEntries(const ListenEntry& entry, const std::string& address) {
  return absl::InvalidArgumentError(
      absl::StrCat("listen: ", entry.ToString(), " comes to ", address,
                   ", which another entry has, and one address has one "
                   "listener, remove one"));
}

}  // namespace

absl::StatusOr<ListenPlan> PlanListen(const Config& config,
                                      const std::set<std::string>& open,
                                      const CodecSet& codecs) {
  const absl::StatusOr<SocketRights> rights = ResolveRights(config);
  if (!rights.ok()) return rights.status();
  ListenPlan plan;
  plan.rights = *rights;
  plan.unserved = codecs.unserved();
  plan.warns_of_unserved = !config.served.empty();
  for (const ListenEntry& entry : config.listen) {
    const Codec* const codec = codecs.For(entry);
    absl::StatusOr<Listening> listening = Listen(entry, *rights, open);
    if (!listening.ok()) return listening.status();
    for (const std::string& address : listening->open) {
      if (!plan.open.emplace(address, codec).second) {
        return TwoEntries(entry, address);
      }
    }
    for (Listener& listener : listening->bound) {
      plan.bound.emplace_back(std::move(listener), codec);
    }
  }
  return plan;
}

}  // namespace postmirror
