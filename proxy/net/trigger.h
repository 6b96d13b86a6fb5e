// A descriptor that is there only to wake a loop: an eventfd(2), a timerfd(2)
// or a signalfd(2).
#ifndef POSTMIRROR_PROXY_NET_TRIGGER_H_
#define POSTMIRROR_PROXY_NET_TRIGGER_H_

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proxy/net/event_loop.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {

class Trigger final : public Watcher {
 public:
  // Fires in the loop after each Fire().
  static absl::StatusOr<std::unique_ptr<Trigger>> OnFire(
      EventLoop* loop, std::function<void()> action);

  // Fires every `interval`; what was missed fires once.
  static absl::StatusOr<std::unique_ptr<Trigger>> Every(
      absl::Duration interval, EventLoop* loop, std::function<void()> action);

  // Fires at these signals, which are blocked from now on in this thread and in
  // those that it starts. REQUIRES: called before any thread is started.
  static absl::StatusOr<std::unique_ptr<Trigger>> OnSignals(
      std::initializer_list<int> numbers, EventLoop* loop,
      std::function<void()> action);

  // May be called from any thread. REQUIRES: made by OnFire.
  void Fire();

  void OnReady(uint32_t events) override;

 private:
  Trigger(FileDescriptor fd, std::function<void()> action);
  static absl::StatusOr<std::unique_ptr<Trigger>> Create(
      int fd, EventLoop* loop, std::function<void()> action);

  const FileDescriptor fd_;
  const std::function<void()> action_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_NET_TRIGGER_H_
