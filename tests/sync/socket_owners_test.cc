#include "sync/socket_owners.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr uid_t kMysql = 4102;
constexpr uid_t kOther = 4103;
constexpr uid_t kRoot = 0;
constexpr uid_t kNobody = 65534;
constexpr char kSocket[] = "unix:/run/mysqld/mysqld.sock";

class SocketOwnersTest : public ::testing::Test {
 protected:
  absl::Status Check(uid_t uid, const std::string& socket = kSocket) {
    return SocketOwners(folder_.path(), std::nullopt).Check(socket, uid);
  }
  absl::Status Keep(uid_t uid) {
    return SocketOwners(folder_.path()).Keep(kSocket, uid);
  }
  std::string OnlyFile() const {
    const std::filesystem::directory_iterator files(folder_.path());
    return files == std::filesystem::directory_iterator()
               ? ""
               : files->path().string();
  }

  TemporaryFolder folder_;
};

TEST_F(SocketOwnersTest, AnybodyMayBeTheFirst) {
  EXPECT_EQ(Check(kMysql), absl::OkStatus());
  EXPECT_EQ(Check(kOther), absl::OkStatus());
  EXPECT_EQ(OnlyFile(), "") << "nothing is kept before Keep";
}

TEST_F(SocketOwnersTest, TheFirstStays) {
  ASSERT_EQ(Keep(kMysql), absl::OkStatus());
  ASSERT_EQ(Keep(kOther), absl::OkStatus());
  EXPECT_EQ(Check(kMysql), absl::OkStatus());
  const absl::Status refused = Check(kOther);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(
      std::string(refused.message()),
      AllOf(HasSubstr(kSocket), HasSubstr("by uid 4103, not by uid 4102"),
            HasSubstr(absl::StrCat("remove ", OnlyFile()))));
}

TEST_F(SocketOwnersTest, EachSocketHasItsOwn) {
  ASSERT_EQ(Keep(kMysql), absl::OkStatus());
  EXPECT_EQ(Check(kOther, "unix:/run/other"), absl::OkStatus());
}

TEST_F(SocketOwnersTest, RootMayAlwaysServe) {
  ASSERT_EQ(Keep(kMysql), absl::OkStatus());
  EXPECT_EQ(Check(kRoot), absl::OkStatus());
  ASSERT_EQ(Keep(kRoot), absl::OkStatus());
  EXPECT_EQ(Check(kMysql), absl::OkStatus()) << "root has not taken its place";
}

TEST_F(SocketOwnersTest, WhereRootWasFirstNobodyElseFollows) {
  ASSERT_EQ(Keep(kRoot), absl::OkStatus());
  EXPECT_THAT(std::string(Check(kMysql).message()),
              HasSubstr("not by root (uid 0)"));
}

TEST_F(SocketOwnersTest, AUserWhoCannotBeSeenIsNobody) {
  const auto refusal = [this] {
    return std::string(SocketOwners(folder_.path(), kNobody)
                           .Check(kSocket, kNobody)
                           .message());
  };
  EXPECT_THAT(refusal(), HasSubstr("PrivateUsers="));
  // Kept where it was a user.
  ASSERT_EQ(Keep(kNobody), absl::OkStatus());
  EXPECT_THAT(refusal(), HasSubstr("PrivateUsers="));
}

TEST_F(SocketOwnersTest, NobodyIsAUserWhereAllUsersAreSeen) {
  EXPECT_EQ(Check(kNobody), absl::OkStatus());
  ASSERT_EQ(Keep(kMysql), absl::OkStatus());
  EXPECT_THAT(std::string(Check(kNobody).message()),
              HasSubstr("not by uid 4102"));
}

TEST_F(SocketOwnersTest, ADamagedFileLetsNobodyIn) {
  ASSERT_EQ(Keep(kMysql), absl::OkStatus());
  const std::string path = OnlyFile();
  for (const char* text : {"", "4102", "mysql\n", "-1\n", "99999999999\n"}) {
    folder_.Write(std::filesystem::path(path).filename(), text);
    const absl::Status refused = Check(kMysql);
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << text;
    EXPECT_THAT(std::string(refused.message()),
                HasSubstr(absl::StrCat(path, " is damaged: remove")));
  }
}

TEST_F(SocketOwnersTest, WhatCannotBeKeptIsAFault) {
  std::filesystem::remove(folder_.path());
  EXPECT_FALSE(Keep(kMysql).ok());
}

}  // namespace
}  // namespace postmirror
