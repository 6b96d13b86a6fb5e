#include "proxy/status_socket.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"

namespace postmirror {
namespace {

constexpr mode_t kMode = 0660;
constexpr int kBacklog = 64;
// After a want of descriptors or memory.
constexpr std::chrono::milliseconds kPause{100};

// Sends what fits; false when nothing is left, or nobody reads.
bool SendSome(int socket, std::string* text) {
  while (!text->empty()) {
    const ssize_t sent =
        send(socket, text->data(), text->size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    text->erase(0, static_cast<size_t>(sent));
  }
  return false;
}

// In milliseconds, for poll(2).
int Until(std::chrono::steady_clock::time_point when) {
  if (when == std::chrono::steady_clock::time_point::max()) return -1;
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(
      when - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<int64_t>(rest.count(), 0));
}

}  // namespace

StatusSocket::~StatusSocket() { Stop(); }

void StatusSocket::Stop() {
  if (thread_.joinable()) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ends_ = true;
    }
    eventfd_write(wake_.get(), 1);
    thread_.join();
    ends_ = false;
  }
  file_.reset();
  socket_.Close();
  path_.clear();
}

void StatusSocket::Serve(const std::string& path) {
  const bool lost = file_ != nullptr && file_->IsLost();
  if (path == path_ && !lost) return;
  Stop();
  if (path.empty()) {
    failure_.clear();
    return;
  }
  const absl::Status listens = Listen(path);
  if (listens.ok()) {
    if (!failure_.empty()) {
      logger_.Notice(absl::StrCat("status is said on ", path));
    }
    failure_.clear();
    return;
  }
  if (absl::string_view(failure_) == listens.message()) return;
  failure_ = std::string(listens.message());
  logger_.Error(absl::StrCat("status_socket: ", path, ": ", failure_,
                             "; postmirrorctl status cannot ask there: mend "
                             "that, or name another path; it is tried again "
                             "every second"));
}

absl::Status StatusSocket::Listen(const std::string& path) {
  // Made here it would hand down no group.
  const std::string folder = path.substr(0, path.rfind('/'));
  struct stat facts = {};
  if (!folder.empty() && stat(folder.c_str(), &facts) != 0) {
    return ErrnoStatus(errno, absl::StrCat("folder ", folder), "stat");
  }
  socket_ = FileDescriptor(
      socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  wake_ = FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!socket_.open() || !wake_.open()) {
    return ErrnoStatus(errno, "socket", "open");
  }
  absl::StatusOr<std::unique_ptr<SocketFile>> file = SocketFile::Bind(
      socket_.get(), path, {.owner = {}, .group = {}, .mode = kMode});
  if (!file.ok()) return file.status();
  if (listen(socket_.get(), kBacklog) != 0) {
    return ErrnoStatus(errno, "socket", "listen");
  }
  file_ = *std::move(file);
  path_ = path;
  // The thread inherits it: signals are for those who wait for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return absl::OkStatus();
}

void StatusSocket::Publish(const ProxyStatus& status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  status_ = status;
  published_ = std::chrono::steady_clock::now();
}

void StatusSocket::Answer(const ProxyStatus& status) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    status_ = status;
    published_ = std::chrono::steady_clock::now();
    answered_ = asked_;
  }
  if (wake_.open()) eventfd_write(wake_.get(), 1);
}

std::string StatusSocket::Text() {
  std::unique_lock<std::mutex> lock(mutex_);
  ProxyStatus status = status_;
  status.silent =
      absl::FromChrono(std::chrono::steady_clock::now() - published_);
  lock.unlock();  // who publishes must not wait for more
  return EncodeProxyStatus(status);
}

void StatusSocket::Run() {
  std::deque<Client> clients;
  Time pause_until;
  for (;;) {
    const Time rest = ServeClients(&clients);
    const bool pauses = pause_until > std::chrono::steady_clock::now();
    std::vector<pollfd> events = {
        {.fd = wake_.get(), .events = POLLIN, .revents = 0},
        {.fd = pauses ? -1 : socket_.get(), .events = POLLIN, .revents = 0}};
    for (const Client& each : clients) {
      // One that waits and leaves is no event.
      events.push_back({.fd = each.text.has_value() ? each.socket.get() : -1,
                        .events = POLLOUT,
                        .revents = 0});
    }
    poll(events.data(), events.size(),
         Until(pauses ? std::min(rest, pause_until) : rest));
    if (events[0].revents != 0) {
      eventfd_t ignored = 0;
      eventfd_read(wake_.get(), &ignored);
      const std::lock_guard<std::mutex> lock(mutex_);
      if (ends_) return;
    }
    if (events[1].revents != 0) Accept(&clients, &pause_until);
  }
}

StatusSocket::Time StatusSocket::ServeClients(std::deque<Client>* clients) {
  const Time now = std::chrono::steady_clock::now();
  std::erase_if(*clients, [&](Client& each) { return !Send(&each, now); });
  Time until = AskFor(*clients, now);
  for (const Client& each : *clients) until = std::min(until, each.deadline);
  return until;
}

bool StatusSocket::Send(Client* client, Time now) {
  if (!client->text.has_value()) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (client->question > answered_ && client->deadline > now) return true;
    }
    client->text = Text();
    client->deadline = std::chrono::steady_clock::now() + kPatience;
  }
  return SendSome(client->socket.get(), &*client->text) &&
         client->deadline > now;
}

// One question at a time: who came since the last one waits for the next.
// Returns when that can be asked.
StatusSocket::Time StatusSocket::AskFor(const std::deque<Client>& clients,
                                        Time now) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool waits =
        std::any_of(clients.begin(), clients.end(), [this](const Client& each) {
          return !each.text.has_value() && each.question > asked_;
        });
    if (!waits || answered_ < asked_) return Time::max();
    if (now < ask_after_) return ask_after_;
    ++asked_;
  }
  ask_after_ = now + kAskInterval;
  ask_();
  return Time::max();
}

// One client of those that wait: the others of the loop get their turn between.
void StatusSocket::Accept(std::deque<Client>* clients, Time* pause_until) {
  Client client;
  client.socket = FileDescriptor(
      accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  const Time now = std::chrono::steady_clock::now();
  if (!client.socket.open()) {
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
      *pause_until = now + kPause;
    }
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    client.question = asked_ + 1;
  }
  client.deadline = now + longest_wait_;
  clients->push_back(std::move(client));
  if (clients->size() <= kMaxClients) return;
  clients->front().question = 0;
  Send(&clients->front(), now);
  clients->pop_front();
}

}  // namespace postmirror
