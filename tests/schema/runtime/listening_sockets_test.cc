#include "schema/runtime/listening_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/schema/runtime/scrape.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

absl::StatusOr<ListeningSockets> Open(const std::string& host,
                                      const std::string& port) {
  return OpenListeningSockets(absl::StrCat(host, ":", port), host,
                              static_cast<uint16_t>(std::stoi(port)));
}

std::string PortOf(const std::string& address) {
  return address.substr(address.rfind(':') + 1);
}

// Nobody listens there.
std::string FreeAddress(absl::string_view host) {
  return BoundSocket(host).address();
}

bool Connects(const std::string& address) {
  const int fd = ConnectTo(address);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

TEST(ListeningSocketsTest, ListensWhileTheyLive) {
  const std::string address = FreeAddress("127.0.0.1");
  {
    const auto sockets = Open("127.0.0.1", PortOf(address));
    ASSERT_TRUE(sockets.ok()) << sockets.status();
    ASSERT_EQ(sockets->bound.size(), 1U);
    EXPECT_EQ(sockets->bound[0].address, address);
    EXPECT_TRUE(Connects(address));
  }
  EXPECT_FALSE(Connects(address));
}

TEST(ListeningSocketsTest, ListensOnIpv6Alone) {
  const std::string address = FreeAddress("::1");
  const std::string port = PortOf(address);
  const auto sockets = Open("::", port);
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_TRUE(Connects("[::1]:" + port));
  EXPECT_FALSE(Connects("127.0.0.1:" + port));
}

TEST(ListeningSocketsTest, ListensOnTheAddressesOfAName) {
  const std::string address = FreeAddress("127.0.0.1");
  const std::string port = PortOf(address);
  const auto sockets = Open("localhost", port);
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_TRUE(Connects(address));
}

TEST(ListeningSocketsTest, LeavesOpenAddressesAlone) {
  BoundSocket other;
  other.Listen();
  const auto sockets = OpenListeningSockets(
      "subject", "127.0.0.1",
      static_cast<uint16_t>(std::stoi(PortOf(other.address()))),
      {other.address()});
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_THAT(sockets->open, ElementsAre(other.address()));
  EXPECT_TRUE(sockets->bound.empty());
}

TEST(ListeningSocketsTest, SaysWhyItCannotListen) {
  BoundSocket other;
  other.Listen();
  EXPECT_EQ(Open("127.0.0.1", PortOf(other.address())).status(),
            absl::UnavailableError(absl::StrCat(
                other.address(), ": bind: Address already in use")));
  EXPECT_EQ(Open("192.0.2.1", "9940").status(),
            absl::UnavailableError(
                "192.0.2.1:9940: bind: Cannot assign requested address"));
  EXPECT_THAT(std::string(Open("nowhere.invalid", "9940").status().message()),
              StartsWith("nowhere.invalid:9940: resolve: "));
}

}  // namespace
}  // namespace postmirror
