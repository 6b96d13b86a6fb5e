#include "schema/config/server_address.h"

#include <gtest/gtest.h>

#include <string>

namespace postmirror {
namespace {

ServerAddress Parsed(absl::string_view text) {
  const absl::StatusOr<ServerAddress> address = ParseServerAddress(text);
  EXPECT_TRUE(address.ok()) << text << ": " << address.status();
  return address.ok() ? *address : ServerAddress{};
}

std::string Why(absl::string_view text) {
  return std::string(ParseServerAddress(text).status().message());
}

ServerAddress Inet(const std::string& host, uint16_t port = 0) {
  return {"", host, port};
}

TEST(ServerAddressTest, IsAUnixSocket) {
  EXPECT_EQ(Parsed("unix:/run/mysqld/mysqld.sock"),
            (ServerAddress{"/run/mysqld/mysqld.sock", "", 0}));
}

TEST(ServerAddressTest, IsAHost) {
  EXPECT_EQ(Parsed("db.example.org"), Inet("db.example.org"));
  EXPECT_EQ(Parsed("inet:db.example.org"), Inet("db.example.org"));
}

TEST(ServerAddressTest, IsAHostAndAPort) {
  EXPECT_EQ(Parsed("127.0.0.1:3307"), Inet("127.0.0.1", 3307));
  EXPECT_EQ(Parsed("inet:127.0.0.1:3307"), Inet("127.0.0.1", 3307));
}

TEST(ServerAddressTest, TakesPortZeroForTheDefault) {
  EXPECT_EQ(Parsed("127.0.0.1:0"), Inet("127.0.0.1", 0));
}

TEST(ServerAddressTest, KnowsLocalhostWhateverTheCase) {
  EXPECT_EQ(Parsed("inet:LocalHost"), Inet("localhost"));
}

TEST(ServerAddressTest, TakesThePortFromTheLastColon) {
  EXPECT_EQ(Parsed("inet:2001:db8::1:3306"), Inet("2001:db8::1", 3306));
}

TEST(ServerAddressTest, TakesAnIpv6HostInBrackets) {
  EXPECT_EQ(Parsed("[2001:db8::1]"), Inet("2001:db8::1"));
  EXPECT_EQ(Parsed("inet:[2001:db8::1]:3306"), Inet("2001:db8::1", 3306));
}

TEST(ServerAddressTest, PrintsWhatItParses) {
  for (const char* text :
       {"unix:/run/mysqld/mysqld.sock", "localhost", "127.0.0.1:3306",
        "db.example.org:3307", "[::1]", "[::1]:3306"}) {
    EXPECT_EQ(Parsed(text).ToString(), text);
  }
}

TEST(ServerAddressTest, RefusesARelativeSocket) {
  EXPECT_EQ(Why("unix:mysqld.sock"),
            "is a relative path, which depends on where a program was started, "
            "write one "
            "that begins with /");
}

TEST(ServerAddressTest, RefusesAMissingHost) {
  for (const char* text : {"", "inet:", ":3306"}) {
    EXPECT_EQ(
        Why(text),
        "names no host, write unix:PATH, inet:HOST:PORT, HOST:PORT or HOST")
        << text;
  }
}

TEST(ServerAddressTest, RefusesABadPort) {
  for (const char* text :
       {"a:", "a:65536", "a:-1", "a:no-such-service", "[::1]:", "[::1]:x y"}) {
    EXPECT_EQ(Why(text),
              "has no port behind its colon, write a number up to 65535 or a "
              "service of "
              "/etc/services")
        << text;
  }
}

TEST(ServerAddressTest, RefusesAnIpv6HostThatLosesItsLastPart) {
  for (const char* text : {"::1", "2001:db8::1", "inet:1:2:3:4:5:6:7:8"}) {
    EXPECT_EQ(
        Why(text),
        "has an IPv6 address whose last part Postfix takes for a port, write "
        "inet:HOST:PORT")
        << text;
  }
}

TEST(ServerAddressTest, RefusesBracketsAroundAnythingElse) {
  for (const char* text : {"[127.0.0.1]", "[::1", "[::1]3306", "[]"}) {
    EXPECT_EQ(
        Why(text),
        "has no IPv6 address between its brackets, write [HOST] or [HOST]:PORT")
        << text;
  }
}

}  // namespace
}  // namespace postmirror
