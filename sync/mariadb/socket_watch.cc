#include "sync/mariadb/socket_watch.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// How often the time is looked at: nobody has to be woken for a question.
constexpr auto kLookInterval = std::chrono::milliseconds(250);

std::chrono::steady_clock::time_point After(absl::Duration time) {
  return std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(time);
}

}  // namespace

SocketWatch::SocketWatch() : thread_([this] { Run(); }) {}

SocketWatch::~SocketWatch() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_ended_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void SocketWatch::Cancel() {
  const std::lock_guard<std::mutex> lock(mutex_);
  cancelled_ = true;
  for (WatchedSocket* const socket : sockets_) socket->Cancel();
}

void SocketWatch::Add(WatchedSocket* socket) {
  const std::lock_guard<std::mutex> lock(mutex_);
  sockets_.insert(socket);
  if (cancelled_) socket->Cancel();
}

void SocketWatch::Remove(WatchedSocket* socket) {
  const std::lock_guard<std::mutex> lock(mutex_);
  sockets_.erase(socket);
}

void SocketWatch::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!ended_.wait_for(lock, kLookInterval, [this] { return is_ended_; })) {
    const auto now = std::chrono::steady_clock::now();
    for (WatchedSocket* const socket : sockets_) socket->EndIfLate(now);
  }
}

WatchedSocket::WatchedSocket(SocketWatch* watch) : watch_(watch) {
  if (watch_ != nullptr) watch_->Add(this);
}

WatchedSocket::~WatchedSocket() {
  if (watch_ != nullptr) watch_->Remove(this);
}

bool WatchedSocket::Set(int socket) {
  const std::lock_guard<std::mutex> lock(mutex_);
  socket_ = FileDescriptor(fcntl(socket, F_DUPFD_CLOEXEC, 0));
  if (cancelled_) shutdown(socket_.get(), SHUT_RDWR);
  if (limit_.has_value()) deadline_ = After(*limit_);
  return socket_.open();
}

bool WatchedSocket::is_set() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return socket_.open();
}

bool WatchedSocket::Limit(absl::Duration time, absl::string_view rule) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (limit_.has_value()) return false;
  limit_ = time;
  rule_ = rule;
  deadline_ = After(time);
  return true;
}

void WatchedSocket::Unlimit() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!exceeded_) limit_.reset();
}

void WatchedSocket::Cancel() {
  const std::lock_guard<std::mutex> lock(mutex_);
  cancelled_ = true;
  shutdown(socket_.get(), SHUT_RDWR);
}

void WatchedSocket::Shutdown() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  shutdown(socket_.get(), SHUT_RDWR);
}

bool WatchedSocket::cancelled() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return cancelled_;
}

std::string WatchedSocket::exceeded() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return exceeded_
             ? absl::StrCat(absl::FormatDuration(*limit_), " (", rule_, ")")
             : "";
}

void WatchedSocket::EndIfLate(Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!limit_.has_value() || exceeded_ || !socket_.open()) return;
  const uint64_t steps = steps_.load(std::memory_order_relaxed);
  if (steps != seen_steps_) {
    seen_steps_ = steps;
    deadline_ = now + absl::ToChronoMilliseconds(*limit_);
  }
  if (now < deadline_) return;
  exceeded_ = true;
  shutdown(socket_.get(), SHUT_RDWR);
}

}  // namespace postmirror
