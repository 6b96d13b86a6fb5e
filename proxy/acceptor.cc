#include "proxy/acceptor.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"

namespace postmirror {
namespace {

// So that a storm of new clients does not keep the others waiting.
constexpr int kMaxAcceptsPerWakeUp = 64;
constexpr int kTicksBetweenReports = 60;

// Whether accept4(2) failed for want of something that other connections hold.
// It would fail again at once, and the loop would spin.
bool IsShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS ||
         error == ENOMEM;
}

}  // namespace

class Acceptor::Door final : public Watcher {
 public:
  Door(Acceptor* acceptor, Listener listener, const Codec* codec)
      : acceptor_(acceptor), listener_(std::move(listener)), codec_(codec) {}

  int socket() const { return listener_.socket.get(); }
  const std::string& address() const { return listener_.address; }
  bool passed() const { return listener_.passed; }
  // Of a unix socket that we bound, else nullptr.
  const SocketFile* file() const { return listener_.file.get(); }
  const Codec* codec() const { return codec_; }
  void set_codec(const Codec* codec) { codec_ = codec; }

  // Nobody can come in any more, and another one is in its place.
  void set_lost() { lost_ = true; }
  bool lost() const { return lost_; }

  void Close() { listener_ = {}; }

  void OnReady(uint32_t) override { acceptor_->Accept(*this); }

 private:
  Acceptor* const acceptor_;
  Listener listener_;
  const Codec* codec_;
  bool lost_ = false;
};

Acceptor::Acceptor(std::vector<Worker*> workers, int client_limit,
                   std::atomic<int>* clients, Logger* logger)
    : workers_(std::move(workers)),
      client_limit_(client_limit),
      clients_(clients),
      logger_(logger),
      refusals_({.silent_ticks = kTicksBetweenReports}),
      pauses_({.silent_ticks = kTicksBetweenReports}) {}

Acceptor::~Acceptor() = default;

absl::Status Acceptor::Add(Listener listener, const Codec* codec) {
  doors_.push_back(std::make_unique<Door>(this, std::move(listener), codec));
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
  for (int i = 0; i < kMaxAcceptsPerWakeUp && !paused_; ++i) {
    FileDescriptor socket(
        accept4(door.socket(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.open()) {
      Welcome(std::move(socket), door.codec());
    } else if (IsShortage(errno)) {
      Pause(errno);
    } else {
      return;  // nobody is waiting, or the one who was has gone
    }
  }
}

void Acceptor::Welcome(FileDescriptor socket, const Codec* codec) {
  if (clients_->load() >= client_limit_) {
    ++turned_away_;
    ++refusals_.count;
    return workers_.front()->TurnAway(std::move(socket), codec);
  }
  ++accepted_;
  clients_->fetch_add(1);
  if (next_ == 0) {
    workers_.front()->Serve(std::move(socket), codec);
  } else {
    workers_[next_]->HandOver(std::move(socket), codec);
  }
  next_ = (next_ + 1) % workers_.size();
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
  if (paused_) {
    paused_ = false;
    for (const auto& door : doors_) {
      const absl::Status watched =
          workers_.front()->loop()->Watch(door->socket(), EPOLLIN, door.get());
      // Watching again needs memory, too; the next tick tries again.
      if (!watched.ok()) {
        Pause(ENOMEM);
        break;
      }
    }
  }
  if (const int count = refusals_.Tick(); count > 0) {
    logger_->Warning(
        absl::StrCat("client_limit of ", client_limit_.load(),
                     " is reached: connections turned away: ", count));
  }
  if (const int count = pauses_.Tick(); count > 0) {
    logger_->Warning(absl::StrCat("accept: ", ErrnoText(pause_error_),
                                  ": waited before accepting again: ", count));
  }
}

int Acceptor::Report::Tick() {
  if (silent_ticks < kTicksBetweenReports) ++silent_ticks;
  if (count == 0 || silent_ticks < kTicksBetweenReports) return 0;
  silent_ticks = 0;
  return std::exchange(count, 0);
}

}  // namespace postmirror
