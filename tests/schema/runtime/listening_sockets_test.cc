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

using ::testing::StartsWith;

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
    const auto sockets = OpenListeningSockets(address);
    ASSERT_TRUE(sockets.ok()) << sockets.status();
    EXPECT_EQ(sockets->size(), 1);
    EXPECT_TRUE(Connects(address));
  }
  EXPECT_FALSE(Connects(address));
}

TEST(ListeningSocketsTest, ListensOnIpv6Alone) {
  const std::string address = FreeAddress("::1");
  const std::string port = address.substr(address.rfind(':') + 1);
  const auto sockets = OpenListeningSockets("[::]:" + port);
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_TRUE(Connects("[::1]:" + port));
  EXPECT_FALSE(Connects("127.0.0.1:" + port));
}

TEST(ListeningSocketsTest, ListensOnTheAddressesOfAName) {
  const std::string address = FreeAddress("127.0.0.1");
  const std::string port = address.substr(address.rfind(':') + 1);
  const auto sockets = OpenListeningSockets("localhost:" + port);
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_TRUE(Connects(address));
}

TEST(ListeningSocketsTest, SaysWhyItCannotListen) {
  const auto why = [](const std::string& address) {
    return OpenListeningSockets(address).status();
  };
  BoundSocket other;
  other.Listen();
  EXPECT_EQ(why(other.address()),
            absl::UnavailableError(absl::StrCat(
                other.address(), ": bind: Address already in use")));
  EXPECT_EQ(why("192.0.2.1:9940"),
            absl::UnavailableError(
                "192.0.2.1:9940: bind: Cannot assign requested address"));
  EXPECT_THAT(std::string(why("nowhere.invalid:9940").message()),
              StartsWith("nowhere.invalid:9940: resolve: "));
}

}  // namespace
}  // namespace postmirror
