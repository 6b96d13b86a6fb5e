#include "proxy/client_counts.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace postmirror {

std::string ListenerName(absl::string_view address) {
  if (!absl::StartsWith(address, "/")) {
    const size_t colon = address.rfind(':');
    if (colon != absl::string_view::npos) address.remove_prefix(colon + 1);
  }
  return std::string(address);
}

void ClientCounts::Open(const std::string& listener) {
  const std::lock_guard<std::mutex> lock(mutex_);
  listeners_.try_emplace(listener);
}

void ClientCounts::Add(const Holder& holder, Worker* worker) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Listener& listener = listeners_[holder.listener];
  Recount(&listener, holder.peer, 1);
  ++listener.peers[holder.peer].by_worker[worker].all;
}

void ClientCounts::Remove(const Holder& holder, Worker* worker) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Listener& listener = listeners_[holder.listener];
  Recount(&listener, holder.peer, -1);
  const auto held = listener.peers.find(holder.peer);
  if (held->second.all == 0) {
    listener.peers.erase(held);
  } else if (--held->second.by_worker[worker].all == 0) {
    held->second.by_worker.erase(worker);
  }
}

void ClientCounts::AddUnfinished(const Holder& holder, Worker* worker,
                                 int change) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Held& held = listeners_.at(holder.listener).peers.at(holder.peer);
  held.by_worker.at(worker).unfinished += change;
}

void ClientCounts::Recount(Listener* listener, const Peer& peer, int change) {
  Held& held = listener->peers[peer];
  listener->by_count.erase({held.all, peer});
  held.all += change;
  listener->all += change;
  if (held.all > 0) listener->by_count.insert({held.all, peer});
}

int ClientCounts::At(const std::string& listener) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = listeners_.find(listener);
  return found == listeners_.end() ? 0 : found->second.all;
}

std::map<std::string, int> ClientCounts::ByListener() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::map<std::string, int> counts;
  for (const auto& [name, listener] : listeners_) counts[name] = listener.all;
  return counts;
}

int ClientCounts::All() const {
  int all = 0;
  for (const auto& [name, clients] : ByListener()) all += clients;
  return all;
}

std::optional<ClientCounts::Loser> ClientCounts::WhoMakesRoom(
    const Holder& newcomer, int limit, Worker* turn) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = listeners_.find(newcomer.listener);
  if (found == listeners_.end()) return std::nullopt;
  const Listener& listener = found->second;
  const auto most = std::find_if(
      listener.by_count.rbegin(), listener.by_count.rend(),
      [this](const auto& count) { return !IsTrusted(count.second); });
  const bool is_trusted = IsTrusted(newcomer.peer);
  if (most != listener.by_count.rend()) {
    const auto& [count, peer] = *most;
    if (count <= limit / 2 && !is_trusted) return std::nullopt;
    return LoserOf(listener, peer, /*if_idle=*/false, turn);
  }
  if (!is_trusted) return std::nullopt;
  std::optional<Loser> loser;
  for (auto each = listener.by_count.rbegin();
       !loser.has_value() && each != listener.by_count.rend(); ++each) {
    loser = LoserOf(listener, each->second, /*if_idle=*/true, turn);
  }
  return loser;
}

// None: no worker has a connection of the peer, or none that is idle.
std::optional<ClientCounts::Loser> ClientCounts::LoserOf(
    const Listener& listener, const Peer& peer, bool if_idle, Worker* turn) {
  Loser loser = {.peer = peer, .worker = nullptr, .if_idle = if_idle};
  int most = 0;
  for (const auto& [worker, share] : listener.peers.at(peer).by_worker) {
    const int count = share.all - (if_idle ? share.unfinished : 0);
    if (count > 0 && worker == turn) {
      loser.worker = turn;
      return loser;
    }
    if (count > most) {
      most = count;
      loser.worker = worker;
    }
  }
  if (loser.worker == nullptr) return std::nullopt;
  return loser;
}

void ClientCounts::set_users(LocalUsers users) {
  const std::lock_guard<std::mutex> lock(mutex_);
  users_ = std::move(users);
}

// REQUIRES: mutex_ is held.
bool ClientCounts::IsTrusted(const Peer& peer) const {
  return peer.kind == Peer::Kind::kUser &&
         users_.trusted.contains(static_cast<uint32_t>(peer.number));
}

bool ClientCounts::IsUnknown(const Peer& peer) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return peer.kind == Peer::Kind::kUser && users_.unknown == peer.number;
}

}  // namespace postmirror
