#include "tests/proxy/proxy_under_test.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/net/listener.h"

namespace postmirror {
namespace {

std::string MakeFolder() {
  std::string name = testing::TempDir() + "/proxyXXXXXX";
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  return name;
}

uint16_t PortOf(int socket) {
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

Listener ListenOnce(const ListenEntry& entry) {
  absl::StatusOr<Listening> listening = Listen(entry);
  EXPECT_TRUE(listening.ok()) << listening.status();
  return std::move(listening->bound.front());
}

}  // namespace

TestClient::TestClient(FileDescriptor socket) : socket_(std::move(socket)) {
  const timeval deadline = {.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &deadline,
             sizeof(deadline));
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &deadline,
             sizeof(deadline));
}

bool TestClient::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size =
        send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

void TestClient::SendUntilItStalls(absl::string_view bytes) {
  // Long enough for a proxy that still reads.
  pollfd writable = {.fd = socket_.get(), .events = POLLOUT, .revents = 0};
  while (poll(&writable, 1, 500) == 1) {
    if (send(socket_.get(), bytes.data(), bytes.size(),
             MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
        errno != EAGAIN) {
      return;
    }
  }
}

std::string TestClient::Receive(size_t size) {
  std::string bytes(size, '\0');
  size_t filled = 0;
  while (filled < size) {
    const ssize_t count =
        recv(socket_.get(), bytes.data() + filled, size - filled, MSG_WAITALL);
    if (count <= 0) break;
    filled += static_cast<size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

std::string TestClient::ReceiveUntil(char end) {
  std::string bytes;
  do {
    const std::string next = Receive(1);
    if (next.empty()) break;
    bytes += next;
  } while (bytes.back() != end);
  return bytes;
}

bool TestClient::IsClosed() {
  char byte;
  const ssize_t size = recv(socket_.get(), &byte, 1, 0);
  return size == 0 || (size < 0 && errno == ECONNRESET);
}

void TestClient::ShutDown() { shutdown(socket_.get(), SHUT_WR); }

ProxyUnderTest::ProxyUnderTest(const Options& options)
    : folder_(MakeFolder()), clients_(options.users) {
  std::vector<Worker*> workers;
  for (int i = 0; i < options.threads; ++i) {
    Worker::Work work = {
        .lookup =
            [lookup = options.lookup, worker = static_cast<size_t>(i)](
                size_t, absl::string_view key, std::string* value) {
              return lookup(worker, key, value);
            },
        .before_waiting = options.before_waiting};
    workers_.push_back(*Worker::Create(std::move(work), &clients_));
    workers.push_back(workers_.back().get());
  }
  acceptor_ = std::make_unique<Acceptor>(workers, options.client_limit,
                                         &clients_, &logger_);
  ListenEntry tcp_entry;
  tcp_entry.host = "127.0.0.1";
  Listener tcp = ListenOnce(tcp_entry);
  port_ = PortOf(tcp.socket.get());
  EXPECT_TRUE(acceptor_->Add(std::move(tcp), &tcp_table_).ok());
  ListenEntry unix_entry;
  unix_entry.protocol = Protocol::kSocketmap;
  unix_entry.unix_path = folder_ + "/maps";
  EXPECT_TRUE(acceptor_->Add(ListenOnce(unix_entry), &socketmap_).ok());
  tick_ = *Trigger::OnFire(workers_.front()->loop(), [this] {
    acceptor_->Tick();
    ++ticks_;
    ticks_.notify_one();
  });
  for (const auto& worker : workers_) {
    threads_.emplace_back([worker = worker.get()] { worker->Run(); });
  }
}

ProxyUnderTest::~ProxyUnderTest() {
  for (const auto& worker : workers_) worker->Stop();
  for (std::thread& thread : threads_) thread.join();
  acceptor_.reset();
  rmdir(folder_.c_str());
}

FileDescriptor ProxyUnderTest::UnconnectedSocket() {
  return FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

TestClient ProxyUnderTest::ConnectTcpTable() {
  return ConnectTcpTable(UnconnectedSocket());
}

TestClient ProxyUnderTest::ConnectTcpTable(FileDescriptor socket) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                    sizeof(address)),
            0);
  return TestClient(std::move(socket));
}

TestClient ProxyUnderTest::ConnectSocketmap() {
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = folder_ + "/maps";
  std::copy(path.begin(), path.end(), address.sun_path);
  EXPECT_EQ(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                    sizeof(address)),
            0);
  return TestClient(std::move(socket));
}

std::vector<std::string> ProxyUnderTest::Tick() {
  const int before = ticks_.load();
  tick_->Fire();
  ticks_.wait(before);
  return logger_.Take();
}

void ProxyUnderTest::TickUntilOverdue() {
  for (uint64_t i = 0; i <= ClientGroups::kMaxUnfinishedSeconds; ++i) Tick();
}

}  // namespace postmirror
