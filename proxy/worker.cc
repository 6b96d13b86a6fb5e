#include "proxy/worker.h"

#include <algorithm>
#include <utility>

namespace postmirror {

absl::StatusOr<std::unique_ptr<Worker>> Worker::Create(Work work,
                                                       ClientCounts* counts) {
  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create();
  if (!loop.ok()) return loop.status();
  std::unique_ptr<Worker> worker(
      new Worker(*std::move(loop), std::move(work), counts));
  absl::StatusOr<std::unique_ptr<Trigger>> bell = Trigger::OnFire(
      worker->loop(), [worker = worker.get()] { worker->Welcome(); });
  if (!bell.ok()) return bell.status();
  worker->bell_ = *std::move(bell);
  return worker;
}

Worker::Worker(std::unique_ptr<EventLoop> loop, Work work, ClientCounts* counts)
    : loop_(std::move(loop)),
      before_waiting_(std::move(work.before_waiting)),
      counts_(counts) {
  desk_.loop = loop_.get();
  desk_.lookup = std::move(work.lookup);
  desk_.leave = [this](Client* client) { Leave(client); };
  desk_.replies.counts = work.counts;
  desk_.groups.set_count_unfinished([this](const Holder& holder, int change) {
    counts_->AddUnfinished(holder, this, change);
  });
}

void Worker::Run() {
  loop_->Run([this] {
    while (Client* client = desk_.groups.Greediest()) {
      counts_->CountGreedy();
      client->AnswerAndClose();
    }
    before_waiting_();
    leaving_.clear();
  });
}

void Worker::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  bell_->Fire();
}

void Worker::HandOver(Arrival client) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    arrivals_.push_back(std::move(client));
  }
  bell_->Fire();
}

void Worker::Post(std::function<void()> action) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    actions_.push_back(std::move(action));
  }
  bell_->Fire();
}

void Worker::Tick() {
  desk_.groups.Tick();
  for (Client* client : desk_.groups.Overdue()) {
    counts_->CountOverdue();
    // All of a request may have come while this thread waited for a disk.
    client->AnswerAndClose();
  }
}

void Worker::Dismiss(const Codec* codec) {
  std::vector<Client*> dismissed;
  for (const auto& [client, owner] : clients_) {
    if (client->codec() == codec) dismissed.push_back(client);
  }
  for (Client* client : dismissed) client->Close();
}

std::vector<Worker::Arrival> Worker::Release() {
  std::vector<Arrival> released;
  {
    // Handed over, and not welcomed any more.
    const std::lock_guard<std::mutex> lock(mutex_);
    released.swap(arrivals_);
  }
  for (const auto& [client, owner] : clients_) {
    FileDescriptor socket = client->Release();
    if (socket.open()) {
      released.push_back(
          {.socket = std::move(socket), .codec = client->codec()});
    }
  }
  return released;
}

void Worker::Welcome() {
  std::vector<Arrival> arrivals;
  std::vector<std::function<void()>> actions;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    arrivals.swap(arrivals_);
    actions.swap(actions_);
    if (stopping_) loop_->Stop();
  }
  for (Arrival& arrival : arrivals) Serve(std::move(arrival));
  // Behind the arrivals, which whoever posted may mean as well.
  for (const std::function<void()>& action : actions) action();
}

void Worker::Serve(Arrival arrival) {
  if (const auto& loser = arrival.instead_of; loser.has_value()) {
    Client* const first = desk_.groups.First(
        {.listener = arrival.holder.listener, .peer = loser->peer},
        loser->if_idle ? ClientGroups::kWaits : ClientGroups::kUnfinished);
    // None: one of his has left meanwhile, and there is room; or the last that
    // was idle has begun something, and this is one too many.
    if (first != nullptr) first->AnswerAndClose();
  }
  Client* const client = Admit(std::move(arrival.socket), arrival.codec,
                               Connection::Service::kAnswered);
  desk_.groups.Add(arrival.holder, client->order_at_rest(), client,
                   client->standing());
  if (!client->Start().ok()) client->Close();
}

void Worker::TurnAway(FileDescriptor socket, const Codec* codec,
                      Connection::Service service) {
  if (turned_away_.size() == kMaxTurnedAway) turned_away_.front()->Close();
  Client* client = Admit(std::move(socket), codec, service);
  turned_away_.push_back(client);
  if (!client->Start().ok()) client->Close();
}

Client* Worker::Admit(FileDescriptor socket, const Codec* codec,
                      Connection::Service service) {
  auto client =
      std::make_unique<Client>(std::move(socket), codec, service, &desk_);
  Client* const address = client.get();
  clients_.emplace(address, std::move(client));
  return address;
}

void Worker::Leave(Client* client) {
  const auto turned_away =
      std::find(turned_away_.begin(), turned_away_.end(), client);
  if (turned_away != turned_away_.end()) {
    turned_away_.erase(turned_away);
  } else {
    const Holder holder = client->standing()->group->holder;
    desk_.groups.Remove(client->standing());
    counts_->Remove(holder, this);
  }
  const auto entry = clients_.find(client);
  leaving_.push_back(std::move(entry->second));
  clients_.erase(entry);
}

}  // namespace postmirror
