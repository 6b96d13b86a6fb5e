#include "proxy/acceptor.h"

#include <sys/epoll.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/socket_address.h"

namespace postmirror {
namespace {

// The kernel's default of net.core.somaxconn, so that one wake-up empties the
// queue: while that is full, whoever connects to a unix socket is refused. It
// has a bound, so that new clients without end do not stop those that are
// served.
constexpr int kMaxAcceptsPerWakeUp = 4096;
constexpr int kTicksBetweenReports = 60;

// Whether accept(2) failed for want of something that other connections hold.
// It would fail again at once, and the loop would spin.
bool IsShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS ||
         error == ENOMEM;
}

}  // namespace

class Acceptor::Door final : public Watcher {
 public:
  Door(Acceptor* acceptor, Listener listener, const Codec* codec)
      : acceptor_(acceptor),
        listener_(std::move(listener)),
        name_(ListenerName(listener_.address)),
        codec_(codec) {}

  int socket() const { return listener_.socket.get(); }
  const std::string& address() const { return listener_.address; }
  const std::string& name() const { return name_; }
  bool passed() const { return listener_.passed; }
  // Of a unix socket that we bound, else nullptr.
  const SocketFile* file() const { return listener_.file.get(); }
  const Codec* codec() const { return codec_; }
  void set_codec(const Codec* codec) { codec_ = codec; }

  // Nobody can come in any more, and another one is in its place.
  void set_lost() { lost_ = true; }
  bool lost() const { return lost_; }

  // Whether it has become so since it was asked last: see SocketFile.
  bool IsNewlyDisplaced() {
    const bool before = displaced_;
    displaced_ = file() != nullptr && file()->IsDisplaced();
    return displaced_ && !before;
  }

  void Close() { listener_ = {}; }

  void OnReady(uint32_t) override { acceptor_->Accept(*this); }

 private:
  Acceptor* const acceptor_;
  Listener listener_;
  const std::string name_;
  const Codec* codec_;
  bool lost_ = false;
  bool displaced_ = false;
};

Acceptor::Acceptor(std::vector<Worker*> workers, int client_limit,
                   ClientCounts* counts, Logger* logger)
    : workers_(std::move(workers)),
      client_limit_(client_limit),
      counts_(counts),
      logger_(logger) {
  // However many clients ask, and whatever each of them costs.
  workers_.front()->loop()->set_when_crowded([this] {
    for (const auto& door : doors_) Accept(*door);
  });
}

Acceptor::~Acceptor() = default;

absl::Status Acceptor::Add(Listener listener, const Codec* codec) {
  doors_.push_back(std::make_unique<Door>(this, std::move(listener), codec));
  counts_->Open(doors_.back()->name());
  // A tick will watch all of them again.
  if (paused_) return absl::OkStatus();
  Door* const door = doors_.back().get();
  return workers_.front()->loop()->Watch(door->socket(), EPOLLIN, door);
}

std::set<std::string> Acceptor::Addresses() const {
  std::set<std::string> addresses;
  for (const auto& door : doors_) {
    const SocketFile* const file = door->file();
    if (file == nullptr || !file->IsLost()) addresses.insert(door->address());
  }
  return addresses;
}

bool Acceptor::HasLost() const {
  return absl::c_any_of(doors_, [](const auto& door) {
    return door->file() != nullptr && door->file()->IsLost();
  });
}

int Acceptor::Listeners() const {
  std::set<std::string> names;
  for (const auto& door : doors_) names.insert(door->name());
  return static_cast<int>(names.size());
}

absl::Status Acceptor::Follow(ListenPlan plan) {
  const size_t before = doors_.size();
  std::set<std::string> bound;
  for (auto& [listener, codec] : plan.bound) {
    plan.open.emplace(listener.address, codec);
    bound.insert(listener.address);
    absl::Status added = Add(std::move(listener), codec);
    if (added.ok()) continue;
    while (doors_.size() > before) CloseLast();
    return added;
  }
  // The first door of an address that was bound again is lost.
  for (size_t i = 0; i < before; ++i) {
    if (bound.contains(doors_[i]->address())) doors_[i]->set_lost();
  }
  Redirect(plan);
  return absl::OkStatus();
}

void Acceptor::CloseLast() {
  Door* const door = doors_.back().get();
  workers_.front()->loop()->Forget(door->socket());
  door->Close();
  closed_.push_back(std::move(doors_.back()));
  doors_.pop_back();
}

// Gives every listener the codec that the plan has for it, and closes those
// that it does not name.
void Acceptor::Redirect(const ListenPlan& plan) {
  std::vector<std::unique_ptr<Door>> before;
  before.swap(doors_);
  for (std::unique_ptr<Door>& door : before) {
    doors_.push_back(std::move(door));
    Door& kept = *doors_.back();
    const auto codec = plan.open.find(kept.address());
    if (codec != plan.open.end() && !kept.lost()) {
      kept.set_codec(codec->second);
      SetRights(kept, plan.rights);
    } else if (!kept.passed()) {
      CloseLast();
    } else {
      kept.set_codec(plan.unserved);
      if (plan.warns_of_unserved) WarnOfUnserved(kept);
    }
  }
}

void Acceptor::SetRights(const Door& door, const SocketRights& rights) {
  if (door.file() == nullptr) return;
  const absl::Status applied = door.file()->SetRights(rights);
  if (applied.ok()) return;
  logger_->Warning(absl::StrCat(door.address(), ": ", applied.message()));
}

void Acceptor::WarnOfUnserved(const Door& door) {
  logger_->Warning(absl::StrCat(
      "the service manager passes a socket at ", door.address(),
      ", which no entry of listen names: whoever asks there is answered "
      "temporarily; add an entry, or remove the ListenStream= of "
      "postmirror-proxy.socket"));
}

void Acceptor::Accept(const Door& door) {
  own_moves_.clear();
  for (int i = 0; i < kMaxAcceptsPerWakeUp && !paused_; ++i) {
    FileDescriptor socket = AcceptClient(door.socket());
    if (socket.open()) {
      const Peer peer = PeerOf(socket.get());
      if (IsCrowding(peer)) {
        TurnedAway(door.name());
        continue;
      }
      Welcome({.socket = std::move(socket),
               .codec = door.codec(),
               .holder = {.listener = door.name(), .peer = peer}});
    } else if (IsShortage(errno)) {
      Pause(errno);
    } else {
      return;  // nobody is waiting, or the one who was has gone
    }
  }
}

bool Acceptor::IsCrowding(const Peer& peer) const {
  const auto moves = own_moves_.find(peer);
  return moves != own_moves_.end() && moves->second >= kMaxOwnMoves;
}

void Acceptor::TurnedAway(const std::string& listener) {
  ++turned_away_;
  refusals_.Count(listener);
}

void Acceptor::Welcome(FileDescriptor socket, const Codec* codec) {
  const Holder holder = {.listener = ListenerName(BoundAddress(socket.get())),
                         .peer = PeerOf(socket.get())};
  Welcome({.socket = std::move(socket), .codec = codec, .holder = holder});
}

void Acceptor::Welcome(Worker::Arrival client) {
  const auto& [listener, peer] = client.holder;
  Worker* worker = workers_[next_];
  if (counts_->IsUnknown(peer)) {
    unknown_.Count(absl::StrCat(listener, ": ", peer.ToString()));
    workers_.front()->TurnAway(std::move(client.socket), client.codec,
                               Connection::Service::kUnknownUser);
  } else if (counts_->At(listener) < client_limit_ ||
             MakeRoom(&client, &worker)) {
    next_ = (next_ + 1) % workers_.size();
    Serve(worker, std::move(client));
  } else {
    TurnedAway(listener);
    workers_.front()->TurnAway(std::move(client.socket), client.codec,
                               Connection::Service::kTurnedAway);
  }
}

// Says who gives up a connection for the client, and which worker has it: that
// whose turn it is, if it can be, or this thread's.
bool Acceptor::MakeRoom(Worker::Arrival* client, Worker** worker) {
  Worker* const front = workers_.front();
  // Else one who connects faster than the others close would take all
  // descriptors; this thread closes at once.
  const bool others_lag =
      counts_->At(client->holder.listener) >= client_limit_ + kMaxMoving;
  const std::optional<ClientCounts::Loser> loser = counts_->WhoMakesRoom(
      client->holder, client_limit_, others_lag ? front : *worker);
  if (!loser.has_value()) return false;
  if (others_lag && loser->worker != front &&
      loser->peer == client->holder.peer) {
    return false;
  }
  // Over TCP others than he may be the same peer; a trusted one, who loses only
  // what is idle, may come as often as he likes.
  if (loser->peer == client->holder.peer &&
      loser->peer.kind == Peer::Kind::kUser && !loser->if_idle) {
    ++own_moves_[loser->peer];
  }
  client->instead_of = loser;
  *worker = loser->worker;
  replacements_.Count(
      absl::StrCat(client->holder.listener, ", of ", loser->peer.ToString()));
  return true;
}

void Acceptor::Serve(Worker* worker, Worker::Arrival client) {
  ++accepted_;
  counts_->Add(client.holder, worker);
  if (worker == workers_.front()) {
    worker->Serve(std::move(client));
  } else {
    worker->HandOver(std::move(client));
  }
}

void Acceptor::Pause(int error) {
  paused_ = true;
  pause_error_ = error;
  ++pauses_.count;
  for (const auto& door : doors_)
    workers_.front()->loop()->Forget(door->socket());
}

void Acceptor::Tick() {
  doomed_.clear();
  doomed_.swap(closed_);
  for (Worker* worker : workers_) {
    if (worker == workers_.front()) {
      worker->Tick();
    } else {
      worker->Post([worker] { worker->Tick(); });
    }
  }
  WatchAgain();
  LogReports();
  WarnOfDisplaced();
}

void Acceptor::WarnOfDisplaced() {
  for (const auto& door : doors_) {
    if (!door->IsNewlyDisplaced()) continue;
    logger_->Warning(absl::StrCat(
        door->address(),
        ": something else is in the place of this unix socket, so that nobody "
        "can ask here: remove it, and the socket is made again"));
  }
}

void Acceptor::WatchAgain() {
  if (!paused_) return;
  paused_ = false;
  for (const auto& door : doors_) {
    const absl::Status watched =
        workers_.front()->loop()->Watch(door->socket(), EPOLLIN, door.get());
    // Watching again needs memory, too; the next tick tries again.
    if (!watched.ok()) return Pause(ENOMEM);
  }
}

void Acceptor::LogReports() {
  unfinished_.count += counts_->TakeOverdue();
  greedy_.count += counts_->TakeGreedy();
  const auto warn = [this](Report* report, const auto&... text) {
    const int count = report->Tick();
    if (count > 0) logger_->Warning(absl::StrCat(text..., count));
  };
  const std::string reached =
      absl::StrCat("client_limit of ", client_limit_.load(), " is reached at ");
  warn(&refusals_, reached, refusals_.last, ": connections turned away: ");
  warn(&replacements_, reached, replacements_.last,
       ": idle connections closed for new ones: ");
  warn(&unfinished_,
       "a request did not arrive, or a reply was not read, within ",
       ClientGroups::kMaxUnfinishedSeconds, " s: connections closed: ");
  warn(&greedy_,
       "requests begun and replies not read take more memory than the ",
       ClientGroups::kMaxKeptBytes >> 20,
       " MiB of a thread: connections with the most closed: ");
  warn(&unknown_, unknown_.last,
       " stands for every user of another user namespace, and postmirror-proxy "
       "runs in one itself (PrivateUsers= of its unit, a container): lookups "
       "are answered temporarily; run it and who asks in the same one; "
       "connections turned away: ");
  warn(&pauses_, "accept: ", ErrnoText(pause_error_),
       ": waited before accepting again: ");
}

int Acceptor::Report::Tick() {
  if (silent_ticks > 0) --silent_ticks;
  if (count == 0 || silent_ticks > 0) return 0;
  silent_ticks = kTicksBetweenReports;
  return std::exchange(count, 0);
}

}  // namespace postmirror
