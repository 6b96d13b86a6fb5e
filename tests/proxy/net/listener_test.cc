#include "proxy/net/listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

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

TEST(ListenerTest, AClientThatIsGoneWithoutAWordIsNoticed) {
  const auto listening = Listen(At("127.0.0.1"));
  ASSERT_TRUE(listening.ok()) << listening.status();
  const FileDescriptor client(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(PortOf(listening->bound.front()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&address),
                    sizeof(address)),
            0);
  Listener accepted;
  accepted.socket = FileDescriptor(
      accept(listening->bound.front().socket.get(), nullptr, nullptr));
  EXPECT_EQ(Option(accepted, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_KEEPIDLE), 120);
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
