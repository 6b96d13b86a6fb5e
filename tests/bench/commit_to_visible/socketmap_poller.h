// Polls postmirror as Postfix would: socketmap_table(5) over a unix socket.
#ifndef POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_SOCKETMAP_POLLER_H_
#define POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_SOCKETMAP_POLLER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/bench/commit_to_visible/poller.h"

namespace postmirror {

class SocketmapPoller : public Poller {
 public:
  // Connects to the unix socket `path`; `map` is what requests name.
  static absl::StatusOr<std::unique_ptr<Poller>> Open(absl::string_view path,
                                                      absl::string_view map);

  ~SocketmapPoller() override;
  SocketmapPoller(const SocketmapPoller&) = delete;
  SocketmapPoller& operator=(const SocketmapPoller&) = delete;

  absl::StatusOr<std::string> Poll(absl::string_view source) override;

 private:
  SocketmapPoller(int socket, absl::string_view map)
      : socket_(socket), map_(map) {}

  const int socket_;  // ours
  const std::string map_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_SOCKETMAP_POLLER_H_
