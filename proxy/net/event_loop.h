// A level-triggered epoll(7) loop. Used by one thread.
#ifndef POSTMIRROR_PROXY_NET_EVENT_LOOP_H_
#define POSTMIRROR_PROXY_NET_EVENT_LOOP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {

// Whoever has a descriptor in the loop: a client, a listener, a trigger.
class Watcher {
 public:
  virtual ~Watcher() = default;

  // Called with the events of epoll_ctl(2) that are there. Must not destroy a
  // watcher before the loop waits again: its event may be next.
  virtual void OnReady(uint32_t events) = 0;
};

class EventLoop {
 public:
  static absl::StatusOr<std::unique_ptr<EventLoop>> Create();

  // Watches `fd` for `events`. `watcher` must outlive the watch, which ends
  // with Forget(), or with the last descriptor of the file, whoever has it
  // (epoll(7)).
  absl::Status Watch(int fd, uint32_t events, Watcher* watcher);
  void Change(int fd, uint32_t events, Watcher* watcher);
  void Forget(int fd);

  // `action` is called before the events of a wake-up that takes no more: what
  // became ready before may come in a later one only.
  void set_when_crowded(std::function<void()> action) {
    when_crowded_ = std::move(action);
  }

  // Runs until Stop(). `before_waiting` is called after each wake-up's events.
  void Run(absl::FunctionRef<void()> before_waiting);

  // Ends Run() before it waits again. REQUIRES: called in Run().
  void Stop() { stopped_ = true; }

 private:
  explicit EventLoop(FileDescriptor epoll) : epoll_(std::move(epoll)) {}

  const FileDescriptor epoll_;
  std::function<void()> when_crowded_ = [] {};
  bool stopped_ = false;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_NET_EVENT_LOOP_H_
