#include "proxy/client_groups.h"

#include <algorithm>

#include "proxy/client.h"

namespace postmirror {

void ClientGroups::Add(const Holder& holder, Order order, Client* client,
                       Standing* standing) {
  Group& group = groups_[holder];
  group.holder = holder;
  std::list<Client*>& clients = group.clients[order];
  standing->group = &group;
  standing->order = order;
  standing->position = clients.insert(clients.end(), client);
}

void ClientGroups::Remove(Standing* standing) {
  Group* const group = standing->group;
  Keep(0, standing);
  group->clients[standing->order].erase(standing->position);
  SetOrder(kReconnects, standing);
  standing->group = nullptr;
  if (std::all_of(group->clients.begin(), group->clients.end(),
                  [](const auto& clients) { return clients.empty(); })) {
    groups_.erase(Holder(group->holder));
  }
}

void ClientGroups::Reorder(const Step& step, Standing* standing) {
  Keep(step.kept_bytes, standing);
  // What was begun goes on.
  if (standing->order == step.order && !step.finished_something) return;
  auto& orders = standing->group->clients;
  std::list<Client*>& clients = orders[step.order];
  clients.splice(clients.end(), orders[standing->order], standing->position);
  SetOrder(step.order, standing);
  standing->since = now_;
}

void ClientGroups::SetOrder(Order order, Standing* standing) {
  const int change =
      (order == kUnfinished ? 1 : 0) - (standing->order == kUnfinished ? 1 : 0);
  standing->order = order;
  if (change != 0) count_unfinished_(standing->group->holder, change);
}

void ClientGroups::Keep(size_t bytes, Standing* standing) {
  kept_bytes_ += bytes - standing->kept_bytes;
  standing->group->kept_bytes += bytes - standing->kept_bytes;
  standing->kept_bytes = bytes;
}

Client* ClientGroups::First(const Holder& holder, Order last) const {
  const auto group = groups_.find(holder);
  if (group == groups_.end()) return nullptr;
  for (size_t order = 0; order <= last; ++order) {
    const std::list<Client*>& clients = group->second.clients[order];
    if (!clients.empty()) return clients.front();
  }
  return nullptr;
}

std::vector<Client*> ClientGroups::Overdue() const {
  std::vector<Client*> overdue;
  for (const auto& [holder, group] : groups_) {
    for (Client* client : group.clients[kUnfinished]) {
      if (now_ - client->standing()->since <= kMaxUnfinishedSeconds) break;
      overdue.push_back(client);
    }
  }
  return overdue;
}

Client* ClientGroups::Greediest() const {
  if (kept_bytes_ <= kMaxKeptBytes) return nullptr;
  const auto most = std::max_element(
      groups_.begin(), groups_.end(), [](const auto& a, const auto& b) {
        return a.second.kept_bytes < b.second.kept_bytes;
      });
  return most->second.clients[kUnfinished].front();
}

}  // namespace postmirror
