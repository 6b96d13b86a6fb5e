#include "sync/folder_rights.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/schema/store/store_fixture.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr uid_t kOwner = 65532;

class FolderRightsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root gives files away";
    config_.store = folder_.File("store");
    config_.status_folder = folder_.File("status");
    std::filesystem::create_directories(config_.store + "/v1");
    std::filesystem::create_directory(config_.status_folder);
  }

  std::string Refusal() const {
    return std::string(CheckRoot(config_).message());
  }

  const TemporaryFolder folder_;
  Config config_;
};

TEST_F(FolderRightsTest, RootsOwnFoldersAreRoots) {
  EXPECT_EQ(CheckRoot(config_), absl::OkStatus());
  std::filesystem::remove_all(config_.store);
  EXPECT_EQ(CheckRoot(config_), absl::OkStatus()) << "to be made";
}

TEST_F(FolderRightsTest, AFolderOfAnotherUserIsRefused) {
  for (const std::string name : {"store", "store/v1", "status"}) {
    const std::string path = folder_.File(name);
    ASSERT_EQ(chown(path.c_str(), kOwner, kOwner), 0);
    EXPECT_EQ(CodeOf(CheckRoot(config_)), "PERMISSION_DENIED");
    EXPECT_THAT(Refusal(),
                HasSubstr("/" + name + ": belongs to user number 65532"));
    ASSERT_EQ(chown(path.c_str(), 0, 0), 0);
  }
}

TEST_F(FolderRightsTest, WhatIsNotThereYetIsRefusedBelowAnothersFolder) {
  const std::string above = folder_.File("above");
  std::filesystem::create_directory(above);
  ASSERT_EQ(chown(above.c_str(), kOwner, kOwner), 0);
  const Config ours = config_;
  for (std::string Config::*const setting :
       {&Config::store, &Config::status_folder}) {
    config_ = ours;
    config_.*setting = above + "/missing";
    EXPECT_THAT(Refusal(), HasSubstr("/above: belongs to user number 65532"));
  }
}

TEST_F(FolderRightsTest, AFolderThatOthersMayFillIsRefused) {
  ASSERT_EQ(chmod(config_.status_folder.c_str(), 02770), 0);
  EXPECT_THAT(Refusal(), EndsWith("/status"));
  EXPECT_THAT(Refusal(), HasSubstr("lead root astray: chmod go-w /"));
  ASSERT_EQ(chmod(config_.status_folder.c_str(), 02750), 0);
  ASSERT_EQ(chmod(folder_.path().c_str(), 0777), 0);
  EXPECT_THAT(Refusal(), HasSubstr("others may write to /"));
}

TEST_F(FolderRightsTest, TheCureNamesTheUser) {
  ASSERT_EQ(chown(config_.store.c_str(), 65534, 65534), 0);
  EXPECT_THAT(Refusal(), HasSubstr("runuser -u nobody -- postmirror-sync"));
}

TEST_F(FolderRightsTest, ALinkOfAnotherUserIsRefused) {
  const std::string inner = config_.store + "/v1";
  std::filesystem::remove(inner);
  std::filesystem::create_symlink(config_.status_folder, inner);
  ASSERT_EQ(lchown(inner.c_str(), kOwner, kOwner), 0);
  EXPECT_THAT(Refusal(), HasSubstr("belongs to user number 65532"));
}

TEST_F(FolderRightsTest, AStoreThatOthersMayChangeIsNamed) {
  for (const mode_t mode : {02750U, 0755U, 01777U}) {
    ASSERT_EQ(chmod(config_.store.c_str(), mode), 0);
    EXPECT_EQ(WarnOfOpenStore(config_), "") << mode;
  }
  for (const mode_t mode : {02770U, 0757U}) {
    ASSERT_EQ(chmod(config_.store.c_str(), mode), 0);
    EXPECT_THAT(WarnOfOpenStore(config_),
                HasSubstr("chmod go-w " + config_.store));
  }
  std::filesystem::remove_all(config_.store);
  EXPECT_EQ(WarnOfOpenStore(config_), "");
}

TEST_F(FolderRightsTest, WhoIsNotRootMayTry) {
  ASSERT_EQ(chown(config_.store.c_str(), kOwner, kOwner), 0);
  EXPECT_EQ(InChild([&]() -> std::string {
              if (seteuid(kOwner) != 0) return "no such right";
              return CodeOf(CheckRoot(config_));
            }),
            "OK");
}

}  // namespace
}  // namespace postmirror
