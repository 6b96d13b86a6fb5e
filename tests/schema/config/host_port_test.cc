#include "schema/config/host_port.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

HostPort Parsed(absl::string_view text) {
  const absl::StatusOr<HostPort> parsed = ParseHostPort(text);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? *parsed : HostPort();
}

TEST(HostPortTest, IsAnAddressOrANameAndAPort) {
  EXPECT_EQ(Parsed("127.0.0.1:9940"), (HostPort{"127.0.0.1", 9940}));
  EXPECT_EQ(Parsed("localhost:1"), (HostPort{"localhost", 1}));
}

TEST(HostPortTest, TakesAnIpv6HostOutOfItsBrackets) {
  EXPECT_EQ(Parsed("[::1]:65535"), (HostPort{"::1", 65535}));
}

TEST(HostPortTest, PrintsItselfAsItWasWritten) {
  for (const char* text : {"127.0.0.1:9940", "mx.example.org:1", "[::]:9941"}) {
    EXPECT_EQ(Parsed(text).ToString(), text);
  }
}

TEST(HostPortTest, RefusesEverythingElse) {
  for (const char* text :
       {"", "9940", ":9940", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
        "127.0.0.1:65536", "127.0.0.1:http", "127.0.0.1:9940:x", "::1:9940",
        "[::1]", "[::1]9940", "[127.0.0.1]:9940", "[::1:9940", "a b:9940",
        "127.0.0.1:9940,127.0.0.1:9941", "127.0.0.1:9940s"}) {
    EXPECT_EQ(ParseHostPort(text).status(),
              absl::InvalidArgumentError(
                  "is not HOST:PORT, write an address such as 127.0.0.1 or "
                  "[::1], a colon, and a port from 1 to 65535"))
        << text;
  }
}

}  // namespace
}  // namespace postmirror
