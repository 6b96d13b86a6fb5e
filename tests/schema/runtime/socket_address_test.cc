#include "schema/runtime/socket_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {
namespace {

TEST(AddressTextTest, Ipv4) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(10040);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(
      AddressText(reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
      "127.0.0.1:10040");
}

TEST(AddressTextTest, Ipv6StandsInBrackets) {
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(1);
  inet_pton(AF_INET6, "0:0::1", &address.sin6_addr);
  EXPECT_EQ(
      AddressText(reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
      "[::1]:1");
}

TEST(BoundAddressTest, OfAUnixSocketIsItsPath) {
  std::string folder = testing::TempDir() + "/addressXXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/maps";
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  ASSERT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)),
            0);
  EXPECT_EQ(BoundAddress(socket.get()), path);
  EXPECT_FALSE(IsListening(socket.get()));
  ASSERT_EQ(listen(socket.get(), 1), 0);
  EXPECT_TRUE(IsListening(socket.get()));
  unlink(path.c_str());
  rmdir(folder.c_str());
}

TEST(BoundAddressTest, OfAnythingElseIsEmpty) {
  const FileDescriptor unbound(::socket(AF_UNIX, SOCK_STREAM, 0));
  EXPECT_EQ(BoundAddress(unbound.get()), "");
  EXPECT_EQ(BoundAddress(0), "");
  EXPECT_FALSE(IsListening(0));
}

}  // namespace
}  // namespace postmirror
