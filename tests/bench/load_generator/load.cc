#include "tests/bench/load_generator/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/bench/load_generator/cpu_time.h"

namespace postmirror {
namespace {

constexpr size_t kMaxEvents = 256;
constexpr size_t kReplyBytes = 8192;
// A server that does not answer for so long has lost a request.
constexpr int kPatienceMillis = 20000;

absl::Status SystemFailure(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

absl::StatusOr<FileDescriptor> ConnectUnix(absl::string_view path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::OutOfRangeError(absl::StrCat(path, ": too long"));
  }
  path.copy(address.sun_path, path.size());
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(socket.get(), reinterpret_cast<sockaddr*>(&address),
              sizeof(address)) != 0) {
    return SystemFailure(absl::StrCat("connect to ", path));
  }
  return socket;
}

absl::StatusOr<FileDescriptor> ConnectInet(const std::string& host,
                                           uint32_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return absl::OutOfRangeError(absl::StrCat(host, ": no IPv4 address"));
  }
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(socket.get(), reinterpret_cast<sockaddr*>(&address),
              sizeof(address)) != 0) {
    return SystemFailure(absl::StrCat("connect to ", host, ":", port));
  }
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return socket;
}

absl::StatusOr<FileDescriptor> ConnectTo(absl::string_view address) {
  const std::vector<std::string> parts = absl::StrSplit(address, ':');
  uint32_t port = 0;
  if (parts.size() == 2 && parts[0] == "unix") return ConnectUnix(parts[1]);
  if (parts.size() == 3 && parts[0] == "inet" &&
      absl::SimpleAtoi(parts[2], &port)) {
    return ConnectInet(parts[1], port);
  }
  return absl::OutOfRangeError(absl::StrCat(address, ": no such address"));
}

}  // namespace

absl::Status Load::Connect(absl::string_view address, size_t count) {
  epoll_ = FileDescriptor(epoll_create1(EPOLL_CLOEXEC));
  // The loop keeps pointers to them.
  clients_.resize(count);
  for (Client& client : clients_) {
    absl::StatusOr<FileDescriptor> socket = ConnectTo(address);
    if (!socket.ok()) return socket.status();
    client.socket = *std::move(socket);
    epoll_event event = {.events = EPOLLIN, .data = {.ptr = &client}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, client.socket.get(), &event)) {
      return SystemFailure("epoll_ctl");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<LoadFigures> Load::Run(std::chrono::milliseconds warm_up,
                                      std::chrono::milliseconds duration,
                                      pid_t server) {
  for (Client& client : clients_) {
    if (absl::Status asked = Ask(&client); !asked.ok()) return asked;
  }
  std::vector<uint32_t> ignored;
  if (absl::Status ran = RunUntil(Clock::now() + warm_up, &ignored); !ran.ok())
    return ran;
  LoadFigures figures;
  const absl::StatusOr<Nanoseconds> server_before = CpuTimeOf(server);
  if (!server_before.ok()) return server_before.status();
  const Nanoseconds busy_before = busy_;
  const Clock::time_point begin = Clock::now();
  if (absl::Status ran = RunUntil(begin + duration, &figures.latencies);
      !ran.ok()) {
    return ran;
  }
  figures.elapsed = Clock::now() - begin;
  figures.busy = busy_ - busy_before;
  const absl::StatusOr<Nanoseconds> server_after = CpuTimeOf(server);
  if (!server_after.ok()) return server_after.status();
  figures.server_cpu = *server_after - *server_before;
  figures.requests = figures.latencies.size();
  // The last replies are checked, too.
  while (waiting_ > 0) {
    if (absl::Status ran = Step(false, &ignored); !ran.ok()) return ran;
  }
  return figures;
}

absl::Status Load::RunUntil(Clock::time_point end,
                            std::vector<uint32_t>* latencies) {
  while (Clock::now() < end) {
    if (absl::Status stepped = Step(true, latencies); !stepped.ok())
      return stepped;
  }
  return absl::OkStatus();
}

int Load::Wait(absl::Span<epoll_event> events) const {
  const int size = static_cast<int>(events.size());
  if (!spins_)
    return epoll_wait(epoll_.get(), events.data(), size, kPatienceMillis);
  const Clock::time_point patience =
      Clock::now() + std::chrono::milliseconds(kPatienceMillis);
  int count = 0;
  do {
    count = epoll_wait(epoll_.get(), events.data(), size, 0);
  } while (count == 0 && Clock::now() < patience);
  return count;
}

absl::Status Load::Step(bool asks, std::vector<uint32_t>* latencies) {
  std::array<epoll_event, kMaxEvents> events;
  const int count = Wait(absl::MakeSpan(events));
  if (count == 0) return absl::DeadlineExceededError("no reply for 20 s");
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < count; ++i) {
    Client* const client =
        static_cast<Client*>(events[static_cast<size_t>(i)].data.ptr);
    const absl::StatusOr<bool> whole = Receive(client);
    if (!whole.ok()) return whole.status();
    if (!*whole) continue;
    --waiting_;
    const auto latency = Clock::now() - client->asked;
    latencies->push_back(static_cast<uint32_t>(Nanoseconds(latency).count()));
    if (!asks) continue;
    if (absl::Status asked = Ask(client); !asked.ok()) return asked;
  }
  busy_ += Clock::now() - begin;
  return absl::OkStatus();
}

absl::Status Load::Ask(Client* client) {
  client->exchange = &exchanges_[order_[next_]];
  next_ = next_ + 1 == order_.size() ? 0 : next_ + 1;
  client->received = 0;
  client->asked = Clock::now();
  const std::string& request = client->exchange->request;
  const ssize_t sent =
      send(client->socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size()))
    return SystemFailure("send");
  ++waiting_;
  return absl::OkStatus();
}

absl::StatusOr<bool> Load::Receive(Client* client) {
  std::array<char, kReplyBytes> bytes;
  const ssize_t size =
      recv(client->socket.get(), bytes.data(), bytes.size(), 0);
  if (size < 0) return SystemFailure("recv");
  if (size == 0) return absl::UnavailableError("the server closed");
  const absl::string_view got(bytes.data(), static_cast<size_t>(size));
  const absl::string_view expected =
      absl::string_view(client->exchange->reply).substr(client->received);
  if (got.size() > expected.size() || got != expected.substr(0, got.size())) {
    return absl::DataLossError(absl::StrCat(
        "asked \"", absl::CHexEscape(client->exchange->request), "\", got \"",
        absl::CHexEscape(got), "\", not \"", absl::CHexEscape(expected), "\""));
  }
  client->received += got.size();
  return got.size() == expected.size();
}

}  // namespace postmirror
