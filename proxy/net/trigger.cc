#include "proxy/net/trigger.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "schema/runtime/errno_status.h"

namespace postmirror {

absl::StatusOr<std::unique_ptr<Trigger>> Trigger::Create(
    int fd, EventLoop* loop, std::function<void()> action) {
  if (fd < 0) return ErrnoStatus(errno, "event loop", "open a trigger");
  std::unique_ptr<Trigger> trigger(
      new Trigger(FileDescriptor(fd), std::move(action)));
  if (absl::Status watched = loop->Watch(fd, EPOLLIN, trigger.get());
      !watched.ok()) {
    return watched;
  }
  return trigger;
}

absl::StatusOr<std::unique_ptr<Trigger>> Trigger::OnFire(
    EventLoop* loop, std::function<void()> action) {
  return Create(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), loop,
                std::move(action));
}

absl::StatusOr<std::unique_ptr<Trigger>> Trigger::Every(
    absl::Duration interval, EventLoop* loop, std::function<void()> action) {
  const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  const timespec step = absl::ToTimespec(interval);
  const itimerspec ticks = {.it_interval = step, .it_value = step};
  if (fd >= 0) timerfd_settime(fd, 0, &ticks, nullptr);
  return Create(fd, loop, std::move(action));
}

absl::StatusOr<std::unique_ptr<Trigger>> Trigger::OnSignals(
    std::initializer_list<int> numbers, EventLoop* loop,
    std::function<void()> action) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : numbers) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return Create(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC), loop,
                std::move(action));
}

Trigger::Trigger(FileDescriptor fd, std::function<void()> action)
    : fd_(std::move(fd)), action_(std::move(action)) {}

void Trigger::Fire() {
  const uint64_t one = 1;
  // A full counter means that the loop is already going to be woken.
  [[maybe_unused]] const ssize_t written = write(fd_.get(), &one, sizeof(one));
}

void Trigger::OnReady(uint32_t) {
  // Large enough for one signalfd_siginfo; the others hold eight bytes.
  signalfd_siginfo drained;
  if (read(fd_.get(), &drained, sizeof(drained)) > 0) action_();
}

}  // namespace postmirror
