#include "schema/status/proxy_status.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

ProxyStatus Example() {
  ProxyStatus status;
  status.version = "1.2.3";
  status.listeners = {"127.0.0.1:10040", "/run/maps"};
  status.clients = 12;
  status.client_limit = 10000;
  status.silent = absl::Milliseconds(1500);
  status.temporary = "the store is not open";
  status.commit = 57;
  status.data_file = "65025:4711";
  status.parameters = {{.name = "virtual_alias_maps", .maps = {"/a.cf"}},
                       {.name = "canonical_maps", .maps = {"/a.cf", "/b.cf"}}};
  status.waiting = {"virtual_alias_maps"};
  status.waiting_for = absl::Milliseconds(2500);
  status.maps = {{.name = "/a.cf",
                  .entries = 9,
                  .key_collation = "utf8mb4_general_ci",
                  .temporary = ""},
                 {.name = "/b.cf",
                  .entries = std::nullopt,
                  .key_collation = "",
                  .temporary = "not filled yet: map /b.cf"}};
  return status;
}

TEST(ProxyStatusTest, ComesBackAsItWasSaid) {
  const absl::StatusOr<ProxyStatus> read =
      DecodeProxyStatus(EncodeProxyStatus(Example()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, Example());
}

TEST(ProxyStatusTest, IsOneLine) {
  const std::string text = EncodeProxyStatus(Example());
  EXPECT_EQ(text.find('\n'), text.size() - 1);
}

TEST(ProxyStatusTest, WhatIsCutOffOrAnothersIsRefused) {
  const std::string text = EncodeProxyStatus(Example());
  for (const std::string& other :
       {std::string(), text.substr(0, text.size() - 2), std::string("{}"),
        std::string("[]"), std::string("SSH-2.0\r\n")}) {
    EXPECT_EQ(DecodeProxyStatus(other).status().code(),
              absl::StatusCode::kDataLoss)
        << other;
  }
}

}  // namespace
}  // namespace postmirror
