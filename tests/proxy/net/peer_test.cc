#include "proxy/net/peer.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "schema/runtime/file_descriptor.h"

namespace postmirror {
namespace {

using testing::Contains;

TEST(PeerTest, OfAUnixSocketIsItsUser) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const FileDescriptor one(ends[0]);
  const FileDescriptor other(ends[1]);
  const Peer peer = PeerOf(one.get());
  EXPECT_EQ(peer.kind, Peer::Kind::kUser);
  EXPECT_EQ(peer.number, geteuid());
}

// The peer of a TCP connection to this address of the loopback.
Peer OverTcp(const char* host) {
  const FileDescriptor listener(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, host, &address.sin_addr);
  socklen_t size = sizeof(address);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(bind(listener.get(), raw, size), 0);
  EXPECT_EQ(listen(listener.get(), 1), 0);
  getsockname(listener.get(), raw, &size);
  const FileDescriptor client(socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(connect(client.get(), raw, size), 0);
  const FileDescriptor accepted(accept(listener.get(), nullptr, nullptr));
  return PeerOf(accepted.get());
}

TEST(PeerTest, AllOfTheLoopbackIsOne) {
  EXPECT_EQ(OverTcp("127.0.0.1"), Peer());
  EXPECT_EQ(OverTcp("127.9.8.7"), Peer());
}

TEST(PeerTest, OneThatIsGoneIsOfTheLoopback) { EXPECT_EQ(PeerOf(-1), Peer()); }

TEST(PeerTest, IsNamedForALog) {
  EXPECT_EQ((Peer{.kind = Peer::Kind::kUser, .number = 33}.ToString()),
            "uid 33");
  EXPECT_EQ(Peer().ToString(), "the loopback");
  EXPECT_EQ((Peer{.kind = Peer::Kind::kIpv4, .number = 0xC0000201}.ToString()),
            "192.0.2.1");
  EXPECT_EQ((Peer{.kind = Peer::Kind::kIpv6, .number = 0x20010DB800000001}
                 .ToString()),
            "2001:db8:0:1::/64");
}

TEST(LocalUsersTest, RootIsTrusted) {
  EXPECT_THAT(ReadLocalUsers().trusted, Contains(0U));
}

}  // namespace
}  // namespace postmirror
