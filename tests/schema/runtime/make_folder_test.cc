#include "schema/runtime/make_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace postmirror {
namespace {

class MakeFolderTest : public ::testing::Test {
 protected:
  MakeFolderTest() {
    char name[] = "/tmp/postmirror-folder-XXXXXX";
    around_ = mkdtemp(name);
  }
  ~MakeFolderTest() override { std::filesystem::remove_all(around_); }

  static mode_t ModeOf(const std::string& path) {
    struct stat facts = {};
    return stat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777 : 0;
  }

  std::string around_;
};

TEST_F(MakeFolderTest, GivesTheModeWhateverTheUmask) {
  const mode_t mask = umask(0077);
  EXPECT_EQ(MakeFolder(around_ + "/new", 02750), absl::OkStatus());
  umask(mask);
  EXPECT_EQ(ModeOf(around_ + "/new"), 02750U);
}

TEST_F(MakeFolderTest, HandsTheGroupDown) {
  ASSERT_EQ(chmod(around_.c_str(), 02755), 0);
  EXPECT_EQ(MakeFolder(around_ + "/new/", 0755), absl::OkStatus());
  EXPECT_EQ(ModeOf(around_ + "/new"), 02755U);
}

TEST_F(MakeFolderTest, LeavesWhatIsThereAsItIs) {
  const std::string target = around_ + "/target";
  ASSERT_EQ(mkdir(target.c_str(), 0700), 0);
  std::filesystem::create_symlink(target, around_ + "/link");
  EXPECT_EQ(MakeFolder(around_ + "/link", 0755), absl::OkStatus());
  EXPECT_EQ(MakeFolder(target, 0755), absl::OkStatus());
  EXPECT_EQ(ModeOf(target), 0700U);
}

TEST_F(MakeFolderTest, SaysWhyThereIsNone) {
  EXPECT_EQ(MakeFolder(around_ + "/a/b", 0755).message(),
            "folder " + around_ + "/a/b: mkdir: No such file or directory");
}

}  // namespace
}  // namespace postmirror
