#include "schema/runtime/unknown_user.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

constexpr char kWholeMap[] = "         0          0 4294967295\n";

TEST(UnknownUserTest, NobodyIsAUserWhereWeSeeAllUsers) {
  EXPECT_EQ(UnknownUser(kWholeMap, "65534\n"), std::nullopt);
}

TEST(UnknownUserTest, NobodyIsUnknownInAUserNamespace) {
  // PrivateUsers=yes, and a container.
  EXPECT_EQ(UnknownUser("0 0 1\n 998 998 1\n", "65534\n"), 65534U);
  EXPECT_EQ(UnknownUser("0 100000 65536\n", "65534\n"), 65534U);
  EXPECT_EQ(UnknownUser("0 100000 4294867295\n", "99\n"), 99U);
}

TEST(UnknownUserTest, WithoutProcNobodyIsRefused) {
  EXPECT_EQ(UnknownUser("", ""), std::nullopt);
  EXPECT_EQ(UnknownUser("0 100000 65536\n", ""), 65534U);
}

}  // namespace
}  // namespace postmirror
