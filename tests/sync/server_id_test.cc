#include "sync/server_id.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"

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
  // Many, since every other number is there by chance.
  for (int i = 0; i < 64; ++i) {
    EXPECT_GE(DerivedServerId(absl::StrCat("/store", i)), kUpperHalf);
    EXPECT_GE(RandomServerId(), kUpperHalf);
  }
}

TEST(ServerIdTest, ARandomOneIsAnotherEachTime) {
  std::set<uint32_t> numbers;
  for (int i = 0; i < 64; ++i) numbers.insert(RandomServerId());
  // Two of them may be equal once in a million runs.
  EXPECT_GE(numbers.size(), 63U);
  EXPECT_FALSE(numbers.contains(DerivedServerId("/var/lib/postmirror")));
}

}  // namespace
}  // namespace postmirror
