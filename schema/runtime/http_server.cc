#include "schema/runtime/http_server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "schema/runtime/http_reply.h"

namespace postmirror {
namespace {

constexpr int kBacklog = 128;
// Far more than a scraper on the other side of the world needs.
constexpr std::chrono::seconds kPatience{10};
// Before it is tried again to accept where there is no descriptor.
constexpr int kPauseMilliseconds = 200;

absl::Status Failure(const std::string& address, absl::string_view call,
                     int error) {
  return absl::Status(error == EACCES ? absl::StatusCode::kPermissionDenied
                                      : absl::StatusCode::kUnavailable,
                      absl::StrCat(address, ": ", call, ": ",
                                   std::generic_category().message(error)));
}

bool WouldBlock() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// Returns 0, or the errno of the call that failed and its name in `*call`.
int Bind(const addrinfo& address, FileDescriptor* socket,
         absl::string_view* call) {
  *call = "socket";
  *socket = FileDescriptor(::socket(
      address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket->open()) return errno;
  const int on = 1;
  // Else a restart would have to wait for old connections to time out.
  setsockopt(socket->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.ai_family == AF_INET6)
    setsockopt(socket->get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  *call = "bind";
  if (bind(socket->get(), address.ai_addr, address.ai_addrlen) != 0)
    return errno;
  *call = "listen";
  return listen(socket->get(), kBacklog) == 0 ? 0 : errno;
}

absl::StatusOr<std::vector<FileDescriptor>> Listen(const std::string& address) {
  const size_t colon = address.rfind(':');
  absl::string_view host = absl::string_view(address).substr(0, colon);
  absl::ConsumePrefix(&host, "[");
  absl::ConsumeSuffix(&host, "]");
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int unresolved = getaddrinfo(
      std::string(host).c_str(), address.c_str() + colon + 1, &hints, &found);
  if (unresolved != 0) {
    return absl::UnavailableError(
        absl::StrCat(address, ": resolve: ", gai_strerror(unresolved)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found,
                                                            freeaddrinfo);
  std::vector<FileDescriptor> listeners;
  absl::Status missing;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    FileDescriptor socket;
    absl::string_view call;
    const int error = Bind(*each, &socket, &call);
    if (error == 0) {
      listeners.push_back(std::move(socket));
      continue;
    }
    missing = Failure(address, call, error);
    // A name such as localhost stands for addresses that this host need not
    // have.
    if (error != EADDRNOTAVAIL && error != EAFNOSUPPORT) return missing;
  }
  if (listeners.empty()) return missing;
  return listeners;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const std::string& address, std::function<std::string()> metrics) {
  absl::StatusOr<std::vector<FileDescriptor>> listeners = Listen(address);
  if (!listeners.ok()) return listeners.status();
  FileDescriptor bell(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!bell.open()) return Failure(address, "eventfd", errno);
  return std::unique_ptr<HttpServer>(new HttpServer(
      *std::move(listeners), std::move(bell), std::move(metrics)));
}

HttpServer::HttpServer(std::vector<FileDescriptor> listeners,
                       FileDescriptor bell,
                       std::function<std::string()> metrics)
    : listeners_(std::move(listeners)),
      bell_(std::move(bell)),
      metrics_(std::move(metrics)) {
  // The thread inherits it: signals are for those who wait for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread(&HttpServer::Run, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

HttpServer::~HttpServer() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written =
      write(bell_.get(), &one, sizeof(one));
  thread_.join();
}

void HttpServer::Run() {
  while (Wait()) continue;
}

// Does what is to be done next, or waits for it; false at the end.
bool HttpServer::Wait() {
  std::vector<pollfd> polled = {{bell_.get(), POLLIN, 0}};
  for (const FileDescriptor& listener : listeners_) {
    polled.push_back({listener.get(), POLLIN, 0});
  }
  int timeout = -1;
  if (!clients_.empty()) {
    const auto left = clients_.front().deadline - Clock::now();
    timeout = static_cast<int>(std::max<int64_t>(
        std::chrono::ceil<std::chrono::milliseconds>(left).count(), 0));
  }
  for (const Client& client : clients_) {
    const bool sends = client.unsent.has_value() && !client.unsent->empty();
    polled.push_back({client.socket.get(),
                      static_cast<int16_t>(sends ? POLLOUT : POLLIN), 0});
  }
  if (poll(polled.data(), polled.size(), timeout) < 0) return true;  // EINTR
  if (polled.front().revents != 0) return false;
  const size_t first_client = 1 + listeners_.size();
  for (size_t i = 0; i < clients_.size(); ++i) {
    if (polled[first_client + i].revents == 0) continue;
    if (!Advance(&clients_[i])) clients_[i].socket.Close();
  }
  const Clock::time_point now = Clock::now();
  std::erase_if(clients_, [now](const Client& client) {
    return !client.socket.open() || client.deadline <= now;
  });
  for (size_t i = 0; i < listeners_.size(); ++i) {
    if (polled[1 + i].revents != 0) Accept(listeners_[i].get());
  }
  return true;
}

void HttpServer::Accept(int listener) {
  FileDescriptor socket(
      accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.open()) {
    if (WouldBlock() || errno == ECONNABORTED) return;
    // There is no descriptor or memory: it would fail again at once.
    pollfd bell = {bell_.get(), POLLIN, 0};
    poll(&bell, 1, kPauseMilliseconds);
    return;
  }
  if (clients_.size() == kMaxClients) clients_.pop_front();
  clients_.push_back({.socket = std::move(socket),
                      .deadline = Clock::now() + kPatience,
                      .input = {},
                      .unsent = std::nullopt});
}

// One read or one write; false when the client is to be closed.
bool HttpServer::Advance(Client* client) {
  if (!client->unsent.has_value()) return Receive(client);
  if (client->unsent->empty()) {
    // To close while something is unread would take the reply back.
    char ignored[1024];
    const ssize_t size =
        recv(client->socket.get(), ignored, sizeof(ignored), 0);
    return size > 0 || (size < 0 && WouldBlock());
  }
  const absl::string_view unsent = *client->unsent;
  const ssize_t size =
      send(client->socket.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
  if (size < 0) return WouldBlock();
  client->unsent->erase(0, static_cast<size_t>(size));
  if (client->unsent->empty()) shutdown(client->socket.get(), SHUT_WR);
  return true;
}

bool HttpServer::Receive(Client* client) {
  char bytes[4096];
  const ssize_t size = recv(client->socket.get(), bytes, sizeof(bytes), 0);
  if (size < 0) return WouldBlock();
  if (size == 0) return false;
  client->input.append(bytes, static_cast<size_t>(size));
  client->unsent = HttpReply(client->input, metrics_);
  return true;
}

}  // namespace postmirror
