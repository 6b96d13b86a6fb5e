#include "proxy/acceptor.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/net/errno_status.h"

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
  const Codec* codec() const { return codec_; }

  void OnReady(uint32_t) override { acceptor_->Accept(*this); }

 private:
  Acceptor* const acceptor_;
  const Listener listener_;
  const Codec* const codec_;
};

Acceptor::Acceptor(std::vector<Worker*> workers, int client_limit,
                   std::atomic<int>* clients, Logger* logger)
    : workers_(std::move(workers)),
      client_limit_(client_limit),
      clients_(clients),
      logger_(logger),
      turned_away_({.silent_ticks = kTicksBetweenReports}),
      pauses_({.silent_ticks = kTicksBetweenReports}) {}

Acceptor::~Acceptor() = default;

absl::Status Acceptor::Add(Listener listener, const Codec* codec) {
  doors_.push_back(std::make_unique<Door>(this, std::move(listener), codec));
  Door* const door = doors_.back().get();
  return workers_.front()->loop()->Watch(door->socket(), EPOLLIN, door);
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
    ++turned_away_.count;
    return workers_.front()->TurnAway(std::move(socket), codec);
  }
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
  if (const int count = turned_away_.Tick(); count > 0) {
    logger_->Warning(
        absl::StrCat("client_limit of ", client_limit_,
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
