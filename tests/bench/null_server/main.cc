// The ceiling of every server with this event loop: one read, one send of a
// fixed reply, and nothing between them.
//
//   null_server REPLY LISTEN_ENTRY...       until SIGTERM
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sysexits.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proxy/net/event_loop.h"
#include "proxy/net/listener.h"
#include "schema/config/listen_entry.h"
#include "schema/runtime/exit_code.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {
namespace {

// What the clients share.
struct NullDesk {
  EventLoop* loop;
  std::string reply;
  std::vector<char> input = std::vector<char>(size_t{64} * 1024);
};

class NullClient final : public Watcher {
 public:
  NullClient(FileDescriptor socket, NullDesk* desk)
      : socket_(std::move(socket)), desk_(desk) {}

  absl::Status Start() {
    return desk_->loop->Watch(socket_.get(), EPOLLIN, this);
  }

  void OnReady(uint32_t) override {
    if (recv(socket_.get(), desk_->input.data(), desk_->input.size(), 0) > 0 &&
        send(socket_.get(), desk_->reply.data(), desk_->reply.size(),
             MSG_NOSIGNAL) > 0) {
      return;
    }
    socket_.Close();
  }

 private:
  FileDescriptor socket_;
  NullDesk* const desk_;
};

class NullListener final : public Watcher {
 public:
  NullListener(Listener listener, NullDesk* desk)
      : listener_(std::move(listener)), desk_(desk) {}

  absl::Status Start() {
    return desk_->loop->Watch(listener_.socket.get(), EPOLLIN, this);
  }

  void OnReady(uint32_t) override {
    FileDescriptor socket(accept4(listener_.socket.get(), nullptr, nullptr,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.open()) return;
    clients_.push_back(std::make_unique<NullClient>(std::move(socket), desk_));
    clients_.back()->Start().IgnoreError();
  }

 private:
  const Listener listener_;
  NullDesk* const desk_;
  std::vector<std::unique_ptr<NullClient>> clients_;  // closed ones, too
};

absl::Status Serve(absl::Span<char* const> words) {
  if (words.size() < 2) {
    return absl::OutOfRangeError("usage: null_server REPLY LISTEN_ENTRY...");
  }
  auto loop = EventLoop::Create();
  if (!loop.ok()) return loop.status();
  NullDesk desk = {.loop = loop->get(), .reply = words[0]};
  std::vector<std::unique_ptr<NullListener>> listeners;
  for (const char* word : words.subspan(1)) {
    const absl::StatusOr<ListenEntry> entry = ParseListenEntry(word);
    if (!entry.ok()) return entry.status();
    absl::StatusOr<Listening> opened = Listen(*entry);
    if (!opened.ok()) return opened.status();
    for (Listener& listener : opened->bound) {
      listeners.push_back(
          std::make_unique<NullListener>(std::move(listener), &desk));
      if (absl::Status started = listeners.back()->Start(); !started.ok())
        return started;
    }
  }
  (*loop)->Run([] {});
  return absl::OkStatus();
}

}  // namespace
}  // namespace postmirror

int main(int argc, char** argv) {
  const absl::Status status = postmirror::Serve(
      absl::MakeConstSpan(argv, static_cast<size_t>(argc)).subspan(1));
  std::fprintf(stderr, "null_server: %s\n",
               std::string(status.message()).c_str());
  return postmirror::ExitCode(status);
}
