#include "schema/runtime/plain_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

namespace postmirror {
namespace {

class PlainFileTest : public ::testing::Test {
 protected:
  PlainFileTest() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/file";
  }
  ~PlainFileTest() override { std::filesystem::remove_all(folder_); }

  // "opened", or why not.
  std::string Open(int flags) const {
    const FileDescriptor file = OpenPlainFile(path_, flags, 0600);
    return file.open() ? "opened" : PlainFileErrorText(errno);
  }

  std::string folder_ = "/tmp/postmirror-plain-XXXXXX";
  std::string path_;
};

constexpr char kIsNone[] = "a link, or no regular file, is in its place";

TEST_F(PlainFileTest, OpensAFile) {
  EXPECT_EQ(Open(O_RDONLY), "No such file or directory");
  EXPECT_EQ(Open(O_RDWR | O_CREAT | O_EXCL), "opened");
  EXPECT_EQ(Open(O_RDONLY), "opened");
  EXPECT_EQ(Open(O_RDWR | O_CREAT | O_EXCL), "File exists");
}

TEST_F(PlainFileTest, ProgramsThatWeStartDoNotHaveIt) {
  const FileDescriptor file = OpenPlainFile(path_, O_RDWR | O_CREAT, 0600);
  EXPECT_EQ(fcntl(file.get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(PlainFileTest, FollowsNoLink) {
  const std::string elsewhere = folder_ + "/elsewhere";
  std::filesystem::create_symlink(elsewhere, path_);
  EXPECT_EQ(Open(O_RDWR | O_CREAT), kIsNone);
  EXPECT_FALSE(std::filesystem::exists(elsewhere));
  std::ofstream(elsewhere) << "text" << std::flush;
  EXPECT_EQ(Open(O_RDONLY), kIsNone);
}

TEST_F(PlainFileTest, AFolderIsNone) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(Open(O_RDONLY), kIsNone);
}

TEST_F(PlainFileTest, WaitsForNobodyAtAFifo) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR}) {
    EXPECT_EQ(Open(flags), kIsNone) << flags;
  }
}

TEST_F(PlainFileTest, ASocketIsNone) {
  const FileDescriptor server(socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(server.get(), reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)),
            0);
  EXPECT_EQ(Open(O_RDONLY), kIsNone);
}

}  // namespace
}  // namespace postmirror
