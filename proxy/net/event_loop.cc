#include "proxy/net/event_loop.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <utility>

#include "schema/runtime/errno_status.h"

namespace postmirror {
namespace {

// Fewer cost system calls under load, more bring nothing.
constexpr size_t kMaxEvents = 256;

}  // namespace

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Create() {
  FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.open()) return ErrnoStatus(errno, "event loop", "epoll_create1");
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(epoll)));
}

absl::Status EventLoop::Watch(int fd, uint32_t events, Watcher* watcher) {
  epoll_event event = {.events = events, .data = {.ptr = watcher}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0)
    return absl::OkStatus();
  return ErrnoStatus(errno, "event loop", "epoll_ctl");
}

void EventLoop::Change(int fd, uint32_t events, Watcher* watcher) {
  epoll_event event = {.events = events, .data = {.ptr = watcher}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::Forget(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void EventLoop::Run(absl::FunctionRef<void()> before_waiting) {
  std::array<epoll_event, kMaxEvents> events;
  while (!stopped_) {
    const int count = epoll_wait(epoll_.get(), events.data(), kMaxEvents, -1);
    if (count == kMaxEvents) when_crowded_();
    // A negative count is EINTR: nothing is ready, and the loop goes on.
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      static_cast<Watcher*>(event.data.ptr)->OnReady(event.events);
    }
    before_waiting();
  }
}

}  // namespace postmirror
