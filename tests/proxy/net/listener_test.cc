#include "proxy/net/listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

using testing::HasSubstr;

ListenEntry At(absl::string_view host, uint16_t port = 0) {
  ListenEntry entry;
  entry.host = std::string(host);
  entry.port = port;
  entry.parameter = "virtual_alias_maps";
  return entry;
}

uint16_t PortOf(const Listener& listener) {
  sockaddr_in6 address =
      {};  // the port stands at the same place in sockaddr_in
  socklen_t size = sizeof(address);
  getsockname(listener.socket.get(), reinterpret_cast<sockaddr*>(&address),
              &size);
  return ntohs(address.sin6_port);
}

int Option(const Listener& listener, int level, int option) {
  int value = -1;
  socklen_t size = sizeof(value);
  getsockopt(listener.socket.get(), level, option, &value, &size);
  return value;
}

TEST(ListenerTest, ListensOnAnAddress) {
  const auto listening = Listen(At("127.0.0.1"));
  ASSERT_TRUE(listening.ok()) << listening.status();
  ASSERT_EQ(listening->bound.size(), 1U);
  EXPECT_EQ(Option(listening->bound.front(), SOL_SOCKET, SO_ACCEPTCONN), 1);
  EXPECT_EQ(Option(listening->bound.front(), SOL_SOCKET, SO_REUSEADDR), 1);
  EXPECT_EQ(Option(listening->bound.front(), IPPROTO_TCP, TCP_NODELAY), 1);
}

FileDescriptor ConnectTo(const Listener& listener) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  getsockname(listener.socket.get(), reinterpret_cast<sockaddr*>(&address),
              &size);
  FileDescriptor client(
      socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  EXPECT_TRUE(connect(client.get(), reinterpret_cast<const sockaddr*>(&address),
                      size) == 0 ||
              errno == EINPROGRESS);
  return client;
}

// After four minutes, as postmirror-proxy(8) says.
void ExpectKeepsAlive(const Listener& listener) {
  const FileDescriptor client = ConnectTo(listener);
  Listener accepted;
  accepted.socket =
      FileDescriptor(accept(listener.socket.get(), nullptr, nullptr));
  EXPECT_EQ(Option(accepted, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_KEEPIDLE), 120);
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_KEEPINTVL) *
                Option(accepted, IPPROTO_TCP, TCP_KEEPCNT),
            120);
}

TEST(ListenerTest, AClientThatIsGoneWithoutAWordIsNoticed) {
  const auto listening = Listen(At("127.0.0.1"));
  ASSERT_TRUE(listening.ok()) << listening.status();
  ExpectKeepsAlive(listening->bound.front());
}

// A socket as the service manager makes it.
FileDescriptor PassedSocket() {
  FileDescriptor passed(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(bind(passed.get(), reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)),
            0);
  EXPECT_EQ(listen(passed.get(), 1), 0);
  return passed;
}

TEST(ListenerTest, AlsoOverASocketThatIsPassed) {
  ExpectKeepsAlive(TakeOver(PassedSocket()));
}

// The kernel's memory for what was sent and not read, in bytes.
uint32_t UnreadBytes(const FileDescriptor& socket) {
  uint32_t facts[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof(facts);
  EXPECT_EQ(getsockopt(socket.get(), SOL_SOCKET, SO_MEMINFO, facts, &size), 0);
  return std::max(facts[SK_MEMINFO_WMEM_ALLOC], facts[SK_MEMINFO_WMEM_QUEUED]);
}

// To a client that never reads.
void SendUntilItStalls(const FileDescriptor& socket, size_t burst) {
  const std::string replies(burst, 'x');
  pollfd writable = {.fd = socket.get(), .events = POLLOUT, .revents = 0};
  while (poll(&writable, 1, 500) == 1) {
    send(socket.get(), replies.data(), replies.size(),
         MSG_NOSIGNAL | MSG_DONTWAIT);
  }
}

TEST(ListenerTest, RepliesThatAreNotReadTakeLittleOfTheKernelsMemory) {
  std::string folder = testing::TempDir() + "/listenXXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  ListenEntry unix_entry;
  unix_entry.protocol = Protocol::kSocketmap;
  unix_entry.unix_path = folder + "/maps";
  for (const ListenEntry& entry : {At("127.0.0.1"), unix_entry}) {
    for (const size_t burst : {20U, 4000U, 65536U}) {
      const auto listening = Listen(entry);
      ASSERT_TRUE(listening.ok()) << listening.status();
      const Listener& listener = listening->bound.front();
      const FileDescriptor client = ConnectTo(listener);
      const FileDescriptor accepted = AcceptClient(listener.socket.get());
      ASSERT_TRUE(accepted.open());
      SendUntilItStalls(accepted, burst);
      EXPECT_LT(UnreadBytes(accepted), 65536U) << entry.ToString() << burst;
    }
  }
  rmdir(folder.c_str());
}

int ReadSomaxconn() {
  int most = 0;
  std::ifstream("/proc/sys/net/core/somaxconn") >> most;
  EXPECT_GT(most, 0);
  return most;
}

TEST(ListenerTest, AsManyWaitOverTcpAsTheKernelAllows) {
  const auto listening = Listen(At("127.0.0.1"));
  ASSERT_TRUE(listening.ok()) << listening.status();
  tcp_info facts = {};
  socklen_t size = sizeof(facts);
  ASSERT_EQ(getsockopt(listening->bound.front().socket.get(), IPPROTO_TCP,
                       TCP_INFO, &facts, &size),
            0);
  // Of a socket that listens: how many may wait, ss(8) "Send-Q".
  EXPECT_EQ(facts.tcpi_sacked, static_cast<uint32_t>(ReadSomaxconn()));
}

TEST(ListenerTest, AsManyWaitAtAUnixSocketAsTheKernelAllows) {
  std::string folder = testing::TempDir() + "/listenXXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  ListenEntry entry;
  entry.protocol = Protocol::kSocketmap;
  entry.unix_path = folder + "/maps";
  auto listening = Listen(entry);
  ASSERT_TRUE(listening.ok()) << listening.status();
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::copy(entry.unix_path.begin(), entry.unix_path.end(), address.sun_path);
  const int most = ReadSomaxconn();
  int waiting = 0;
  // One that is gone again waits, too.
  while (waiting <= most) {
    const FileDescriptor client(
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (connect(client.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) != 0) {
      break;
    }
    ++waiting;
  }
  EXPECT_GE(waiting, most);
  listening->bound.clear();
  rmdir(folder.c_str());
}

TEST(ListenerTest, AddressInUseIsUnavailableAndNamesTheEntry) {
  const auto first = Listen(At("127.0.0.1"));
  ASSERT_TRUE(first.ok());
  const uint16_t port = PortOf(first->bound.front());
  const auto second = Listen(At("127.0.0.1", port));
  EXPECT_EQ(second.status(),
            absl::UnavailableError(absl::StrCat("tcp:127.0.0.1:", port,
                                                ":virtual_alias_maps: bind: "
                                                "Address already in use")));
}

TEST(ListenerTest, AddressOfAnotherHostIsUnavailable) {
  const absl::Status status = Listen(At("192.0.2.1")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("tcp:192.0.2.1:0:virtual_alias_maps: bind: Cannot assign"));
}

TEST(ListenerTest, NameThatDoesNotResolveIsUnavailable) {
  const absl::Status status = Listen(At("nowhere.invalid")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("resolve: "));
}

TEST(ListenerTest, ListensOnAName) {
  EXPECT_TRUE(Listen(At("localhost")).ok());
}

TEST(ListenerTest, Ipv6LeavesIpv4Alone) {
  const auto six = Listen(At("::"));
  if (!six.ok()) GTEST_SKIP() << six.status();
  EXPECT_EQ(Option(six->bound.front(), IPPROTO_IPV6, IPV6_V6ONLY), 1);
  EXPECT_TRUE(Listen(At("0.0.0.0", PortOf(six->bound.front()))).ok());
}

TEST(ListenerTest, UnixSocketThatCannotBeBoundNamesTheEntry) {
  ListenEntry entry;
  entry.protocol = Protocol::kSocketmap;
  entry.unix_path = "/dev/null/maps";
  const absl::Status status = Listen(entry).status();
  EXPECT_EQ(status,
            absl::UnavailableError("socketmap:unix:/dev/null/maps: socket: "
                                   "bind: Not a directory"));
}

}  // namespace
}  // namespace postmirror
