#include "sync/server_id.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

constexpr uint32_t kUpperHalf = 0x80000000;

TEST(ServerIdTest, AStoreHasAlwaysTheSame) {
  EXPECT_EQ(DerivedServerId("/var/lib/postmirror"),
            DerivedServerId("/var/lib/postmirror"));
  EXPECT_NE(DerivedServerId("/var/lib/postmirror"),
            DerivedServerId("/srv/postmirror"));
}

TEST(ServerIdTest, ItIsWhereAdministratorsNumberNoServers) {
  EXPECT_GE(DerivedServerId("/var/lib/postmirror"), kUpperHalf);
  EXPECT_GE(RandomServerId(), kUpperHalf);
}

}  // namespace
}  // namespace postmirror
