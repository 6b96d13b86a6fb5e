#include "schema/config/listen_entry.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

ListenEntry Parsed(absl::string_view text) {
  const absl::StatusOr<ListenEntry> entry = ParseListenEntry(text);
  EXPECT_TRUE(entry.ok()) << entry.status();
  return entry.ok() ? *entry : ListenEntry{};
}

void ExpectRefused(absl::string_view text, absl::string_view why) {
  EXPECT_EQ(ParseListenEntry(text).status(),
            absl::InvalidArgumentError(absl::StrCat(
                "\"", text, "\" ", why,
                ", write tcp:HOST:PORT:PARAMETER, socketmap:inet:HOST:PORT or "
                "socketmap:unix:PATH, an IPv6 host in brackets")));
}

TEST(ListenEntryTest, IsATcpTable) {
  EXPECT_EQ(Parsed("tcp:127.0.0.1:10040:virtual_alias_maps"),
            (ListenEntry{Protocol::kTcpTable, "", "127.0.0.1", 10040,
                         "virtual_alias_maps"}));
}

TEST(ListenEntryTest, IsASocketmapOnAPort) {
  EXPECT_EQ(Parsed("socketmap:inet:localhost:1"),
            (ListenEntry{Protocol::kSocketmap, "", "localhost", 1, ""}));
}

TEST(ListenEntryTest, IsASocketmapOnAUnixSocket) {
  EXPECT_EQ(Parsed("socketmap:unix:/run/a:b"),
            (ListenEntry{Protocol::kSocketmap, "/run/a:b", "", 0, ""}));
}

TEST(ListenEntryTest, TakesAnIpv6HostOutOfItsBrackets) {
  EXPECT_EQ(Parsed("tcp:[::1]:65535:x").host, "::1");
  EXPECT_EQ(Parsed("socketmap:inet:[2001:db8::2]:10043").host, "2001:db8::2");
}

TEST(ListenEntryTest, PrintsItselfAsItWasWritten) {
  for (const char* text :
       {"tcp:127.0.0.1:10040:virtual_alias_maps",
        "tcp:[::1]:10040:virtual_alias_maps",
        "socketmap:inet:mx.example.org:10043", "socketmap:inet:[::]:10043",
        "socketmap:unix:/var/spool/postfix/postmirror/maps"}) {
    EXPECT_EQ(Parsed(text).ToString(), text);
  }
}

TEST(ListenEntryTest, RefusesAnotherProtocol) {
  const char* const why = "is no address to listen on";
  ExpectRefused("", why);
  ExpectRefused("udp:127.0.0.1:1:x", why);
  ExpectRefused("socketmap:127.0.0.1:1", why);
  ExpectRefused("inet:127.0.0.1:1", why);
  ExpectRefused("unix:/run/a", why);
}

TEST(ListenEntryTest, RefusesAMissingHost) {
  const char* const why = "has no host and port where they belong";
  ExpectRefused("tcp:", why);
  ExpectRefused("tcp::10040:x", why);
  ExpectRefused("tcp:*:10040:x", why);
  ExpectRefused("tcp:localhost", why);
  ExpectRefused("tcp:[127.0.0.1]:1:x", why);
  ExpectRefused("tcp:[::1:1:x", why);
  ExpectRefused("tcp:[::1]x:1:x", why);
  ExpectRefused("tcp:[]:1:x", why);
  ExpectRefused("socketmap:inet:", why);
}

TEST(ListenEntryTest, RefusesAnIpv6HostWithoutBrackets) {
  ExpectRefused("tcp:::1:10040:x", "has no host and port where they belong");
  ExpectRefused("tcp:fe80::1:10040:x",
                "has no port from 1 to 65535 behind its host");
}

TEST(ListenEntryTest, RefusesAMissingPort) {
  const char* const why = "has no port from 1 to 65535 behind its host";
  ExpectRefused("tcp:a::x", why);
  ExpectRefused("tcp:a:0:x", why);
  ExpectRefused("tcp:a:65536:x", why);
  ExpectRefused("tcp:a:+1:x", why);
  ExpectRefused("tcp:a:smtp:x", why);
  ExpectRefused("tcp:a:99999999999:x", why);
  ExpectRefused("socketmap:inet:a:", why);
}

TEST(ListenEntryTest, RefusesATcpTableWithoutAParameter) {
  const char* const why =
      "names no parameter, and a tcp_table request has no map name";
  ExpectRefused("tcp:127.0.0.1:10040", why);
  ExpectRefused("tcp:127.0.0.1:10040:", why);
  ExpectRefused("tcp:127.0.0.1:10040:a:b", why);
}

TEST(ListenEntryTest, RefusesASocketmapWithAParameter) {
  ExpectRefused(
      "socketmap:inet:127.0.0.1:10043:virtual_alias_maps",
      "has something behind its port, but a socketmap serves every parameter, "
      "by the name that Postfix sends");
}

TEST(ListenEntryTest, RefusesARelativeSocket) {
  ExpectRefused("socketmap:unix:", "has no absolute path for its socket");
  ExpectRefused("socketmap:unix:postmirror/maps",
                "has no absolute path for its socket");
}

TEST(ListenEntryTest, RefusesAPathThatDoesNotFitAUnixSocket) {
  const std::string longest = "socketmap:unix:/" + std::string(106, 'a');
  EXPECT_TRUE(ParseListenEntry(longest).ok());
  const absl::Status status = ParseListenEntry(longest + "a").status();
  EXPECT_EQ(status.message().substr(104),
            "\" has a path over the 107 bytes of a unix socket, write "
            "tcp:HOST:PORT:PARAMETER, socketmap:inet:HOST:PORT or "
            "socketmap:unix:PATH, "
            "an IPv6 host in brackets");
}

}  // namespace
}  // namespace postmirror
