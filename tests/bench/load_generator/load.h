// Clients that ask and wait for the reply, as Postfix's do: each connection has
// one request under way. One thread, so that it costs little itself.
#ifndef POSTMIRROR_TESTS_BENCH_LOAD_GENERATOR_LOAD_H_
#define POSTMIRROR_TESTS_BENCH_LOAD_GENERATOR_LOAD_H_

#include <sys/epoll.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "schema/runtime/file_descriptor.h"
#include "tests/bench/load_generator/exchange.h"

namespace postmirror {

using Nanoseconds = std::chrono::nanoseconds;

struct LoadFigures {
  size_t requests = 0;
  Nanoseconds elapsed{};
  Nanoseconds server_cpu{};
  Nanoseconds busy{};  // of the load generator: asking and receiving
  std::vector<uint32_t> latencies;  // in nanoseconds, in the order of replies
};

class Load {
 public:
  // All must outlive the load. `order` are indices of `exchanges`, asked for
  // again from the first one when they are used up. `spins`: this thread polls
  // instead of sleeping, so that the server never pays for waking it.
  Load(const std::vector<Exchange>& exchanges,
       const std::vector<uint32_t>& order, bool spins)
      : exchanges_(exchanges), order_(order), spins_(spins) {}

  // Connects `count` times to `address`: unix:PATH or inet:IPV4:PORT.
  absl::Status Connect(absl::string_view address, size_t count);

  // Asks for `warm_up`, then for `duration`, of which it returns the figures;
  // `server` is the process whose CPU time is counted, 0 for none. Fails at
  // the first reply that is not the one expected, and at a closed connection.
  absl::StatusOr<LoadFigures> Run(std::chrono::milliseconds warm_up,
                                  std::chrono::milliseconds duration,
                                  pid_t server);

 private:
  using Clock = std::chrono::steady_clock;

  struct Client {
    FileDescriptor socket;
    const Exchange* exchange = nullptr;
    size_t received = 0;
    Clock::time_point asked;
  };

  absl::Status Ask(Client* client);
  // Whether the whole reply is there.
  absl::StatusOr<bool> Receive(Client* client);
  // Answers what is ready, asks again while `asks`; adds latencies.
  absl::Status Step(bool asks, std::vector<uint32_t>* latencies);
  // Waits for events, returns how many.
  int Wait(absl::Span<epoll_event> events) const;
  absl::Status RunUntil(Clock::time_point end,
                        std::vector<uint32_t>* latencies);

  const std::vector<Exchange>& exchanges_;
  const std::vector<uint32_t>& order_;
  const bool spins_;
  size_t next_ = 0;
  size_t waiting_ = 0;  // clients with a request under way
  Nanoseconds busy_{};
  FileDescriptor epoll_;
  std::vector<Client> clients_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_LOAD_GENERATOR_LOAD_H_
