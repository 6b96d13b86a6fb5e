#include "proxy/net/socket_rights.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "schema/runtime/file_descriptor.h"

namespace postmirror {
namespace {

Config With(absl::string_view owner, absl::string_view group) {
  Config config;
  config.path = "p.cf";
  config.unix_socket_owner = std::string(owner);
  config.unix_socket_group = std::string(group);
  return config;
}

TEST(ResolveRightsTest, NothingIsTheProcess) {
  const auto rights = ResolveRights(With("", ""));
  ASSERT_TRUE(rights.ok());
  EXPECT_FALSE(rights->owner.has_value());
  EXPECT_FALSE(rights->group.has_value());
  EXPECT_EQ(rights->mode, 0666U);
}

TEST(ResolveRightsTest, TakesNamesAndNumbers) {
  const auto names = ResolveRights(With("root", "root"));
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(names->owner, 0U);
  EXPECT_EQ(names->group, 0U);
  const auto numbers = ResolveRights(With("4711", "12"));
  ASSERT_TRUE(numbers.ok());
  EXPECT_EQ(numbers->owner, 4711U);
  EXPECT_EQ(numbers->group, 12U);
}

TEST(ResolveRightsTest, RefusesWhoIsNotThere) {
  EXPECT_EQ(ResolveRights(With("no-such-user", "")).status(),
            absl::InvalidArgumentError(
                "p.cf: unix_socket_owner: \"no-such-user\" is no user of this "
                "system, correct the name or write a number"));
  EXPECT_EQ(ResolveRights(With("", "no-such-group")).status(),
            absl::InvalidArgumentError(
                "p.cf: unix_socket_group: \"no-such-group\" is no group of "
                "this system, correct the name or write a number"));
}

class ApplyRightsTest : public testing::Test {
 protected:
  ApplyRightsTest() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/socket";
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)),
              0);
    id_ = {.device = Stat().st_dev, .inode = Stat().st_ino};
  }
  ~ApplyRightsTest() override { std::filesystem::remove_all(folder_); }

  struct stat Stat() const {
    struct stat status = {};
    stat(path_.c_str(), &status);
    return status;
  }

  std::string folder_ = "/tmp/postmirror-rights-XXXXXX";
  const FileDescriptor socket_{socket(AF_UNIX, SOCK_STREAM, 0)};
  std::string path_;
  FileId id_;
};

TEST_F(ApplyRightsTest, SetsOwnerGroupAndMode) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  ASSERT_EQ(ApplyRights({.owner = 4711, .group = 12, .mode = 0640}, path_, id_),
            absl::OkStatus());
  EXPECT_EQ(Stat().st_uid, 4711U);
  EXPECT_EQ(Stat().st_gid, 12U);
  EXPECT_EQ(Stat().st_mode & 07777, 0640U);
}

TEST_F(ApplyRightsTest, LeavesTheOwnerAlone) {
  ASSERT_EQ(ApplyRights({.owner = {}, .group = {}, .mode = 0600}, path_, id_),
            absl::OkStatus());
  EXPECT_EQ(Stat().st_uid, geteuid());
  EXPECT_EQ(Stat().st_mode & 07777, 0600U);
}

TEST_F(ApplyRightsTest, NamesTheSettingThatCannotBeHad) {
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  const uid_t before = geteuid();
  ASSERT_EQ(seteuid(before == 0 ? 65534 : before), 0);
  const absl::Status owner = ApplyRights({.owner = 0, .group = {}}, path_, id_);
  const absl::Status group =
      ApplyRights({.owner = {}, .group = 12}, path_, id_);
  ASSERT_EQ(seteuid(before), 0);
  EXPECT_EQ(owner, absl::PermissionDeniedError("unix_socket_owner: chown: "
                                               "Operation not permitted"));
  EXPECT_EQ(group, absl::PermissionDeniedError("unix_socket_group: chown: "
                                               "Operation not permitted"));
}

TEST_F(ApplyRightsTest, SaysThatTheSocketIsGone) {
  unlink(path_.c_str());
  EXPECT_EQ(ApplyRights({.owner = {}, .group = {}}, path_, id_).message(),
            "socket: open: No such file or directory");
}

// Whoever may write to the folder may put it there before a reload.
TEST_F(ApplyRightsTest, ALinkIsNotFollowed) {
  const std::string elsewhere = folder_ + "/elsewhere";
  ASSERT_EQ(rename(path_.c_str(), elsewhere.c_str()), 0);
  ASSERT_EQ(symlink(elsewhere.c_str(), path_.c_str()), 0);
  ASSERT_EQ(chmod(elsewhere.c_str(), 0700), 0);
  EXPECT_EQ(ApplyRights({.owner = {}, .group = {}, .mode = 0666}, path_, id_)
                .message(),
            "socket: another file is in its place");
  EXPECT_EQ(Stat().st_mode & 07777, 0700U) << "what it leads to";
}

// It may be one of root's that nobody else is to reach.
TEST_F(ApplyRightsTest, AnothersSocketIsLeftAlone) {
  const FileDescriptor other(socket(AF_UNIX, SOCK_STREAM, 0));
  const std::string aside = folder_ + "/aside";
  ASSERT_EQ(rename(path_.c_str(), aside.c_str()), 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(other.get(), reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)),
            0);
  ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
  EXPECT_EQ(ApplyRights({.owner = {}, .group = {}, .mode = 0666}, path_, id_)
                .message(),
            "socket: another file is in its place");
  EXPECT_EQ(Stat().st_mode & 07777, 0600U);
}

}  // namespace
}  // namespace postmirror
