#include "proxy/worker.h"

#include <algorithm>
#include <utility>

namespace postmirror {

absl::StatusOr<std::unique_ptr<Worker>> Worker::Create(
    Work work, std::atomic<int>* clients) {
  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create();
  if (!loop.ok()) return loop.status();
  std::unique_ptr<Worker> worker(
      new Worker(*std::move(loop), std::move(work), clients));
  absl::StatusOr<std::unique_ptr<Trigger>> bell = Trigger::OnFire(
      worker->loop(), [worker = worker.get()] { worker->Welcome(); });
  if (!bell.ok()) return bell.status();
  worker->bell_ = *std::move(bell);
  return worker;
}

Worker::Worker(std::unique_ptr<EventLoop> loop, Work work,
               std::atomic<int>* clients)
    : loop_(std::move(loop)),
      before_waiting_(std::move(work.before_waiting)),
      count_(clients) {
  desk_.loop = loop_.get();
  desk_.lookup = std::move(work.lookup);
  desk_.leave = [this](Client* client) { Leave(client); };
  desk_.replies.counts = work.counts;
}

void Worker::Run() {
  loop_->Run([this] {
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

void Worker::HandOver(FileDescriptor socket, const Codec* codec) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    arrivals_.push_back({std::move(socket), codec});
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
    if (socket.open()) released.push_back({std::move(socket), client->codec()});
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
  for (Arrival& arrival : arrivals)
    Serve(std::move(arrival.socket), arrival.codec);
  // Behind the arrivals, which whoever posted may mean as well.
  for (const std::function<void()>& action : actions) action();
}

void Worker::Serve(FileDescriptor socket, const Codec* codec) {
  Client* client =
      Admit(std::move(socket), codec, Connection::Service::kAnswered);
  if (!client->Start().ok()) client->Close();
}

void Worker::TurnAway(FileDescriptor socket, const Codec* codec) {
  if (turned_away_.size() == kMaxTurnedAway) turned_away_.front()->Close();
  Client* client =
      Admit(std::move(socket), codec, Connection::Service::kTurnedAway);
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
    count_->fetch_sub(1);
  }
  const auto entry = clients_.find(client);
  leaving_.push_back(std::move(entry->second));
  clients_.erase(entry);
}

}  // namespace postmirror
