#include "proxy/net/socket_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "schema/runtime/file_descriptor.h"
#include "tests/schema/store/store_fixture.h"
#include "tests/sync/failing_call.h"

namespace postmirror {
namespace {

// What chmod(2) of the library asks for.
#ifdef SYS_chmod
constexpr long kChmod = SYS_chmod;
#else
constexpr long kChmod = SYS_fchmodat;
#endif

class SocketFileTest : public testing::Test {
 protected:
  ~SocketFileTest() override {
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }

  static std::string MakeFolder() {
    std::string name = testing::TempDir() + "/socketXXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    return name;
  }

  static FileDescriptor Socket() {
    return FileDescriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }

  // What an earlier process leaves that was killed.
  void LeaveStaleFile() {
    const FileDescriptor earlier = Socket();
    const std::string aside = path_ + ".aside";
    {
      const auto file = SocketFile::Bind(earlier.get(), path_);
      listen(earlier.get(), 1);
      rename(path_.c_str(), aside.c_str());
    }
    rename(aside.c_str(), path_.c_str());
  }

  bool Exists() const { return access(path_.c_str(), F_OK) == 0; }

  const std::string folder_ = MakeFolder();
  const std::string path_ = folder_ + "/maps";
};

TEST_F(SocketFileTest, IsOpenToEveryUserWhateverTheUmask) {
  const FileDescriptor socket = Socket();
  const mode_t before = umask(077);
  const auto file = SocketFile::Bind(socket.get(), path_);
  umask(before);
  ASSERT_TRUE(file.ok()) << file.status();
  struct stat status;
  ASSERT_EQ(lstat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0666U);
}

TEST_F(SocketFileTest, MissingFolderIsMadeOpenToEveryUserWhateverTheUmask) {
  const std::string inner = folder_ + "/postmirror";
  const FileDescriptor socket = Socket();
  const mode_t before = umask(077);
  const auto file = SocketFile::Bind(socket.get(), inner + "/maps");
  umask(before);
  ASSERT_TRUE(file.ok()) << file.status();
  struct stat status;
  ASSERT_EQ(stat(inner.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755U);
  unlink((inner + "/maps").c_str());
  rmdir(inner.c_str());
}

// What has the folder's name by then may be a link to another's.
TEST_F(SocketFileTest, MissingFolderIsMadeWithItsModeAtOnce) {
  const std::string inner = folder_ + "/postmirror";
  const std::string said = InChild([&]() -> std::string {
    if (!MakeFail(kChmod, EPERM)) return kNoFilters;
    const FileDescriptor socket = Socket();
    return std::string(
        SocketFile::Bind(socket.get(), inner + "/maps").status().message());
  });
  if (said == kNoFilters) GTEST_SKIP() << said;
  EXPECT_EQ(said, "unix_socket_mode: chmod: Operation not permitted")
      << "nothing but the socket has its mode changed";
  rmdir(inner.c_str());
}

TEST_F(SocketFileTest, FolderThatIsThereKeepsItsMode) {
  ASSERT_EQ(chmod(folder_.c_str(), 0710), 0);
  const FileDescriptor socket = Socket();
  const auto file = SocketFile::Bind(socket.get(), path_);
  ASSERT_TRUE(file.ok()) << file.status();
  struct stat status;
  ASSERT_EQ(stat(folder_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0710U);
}

TEST_F(SocketFileTest, FolderBelowAMissingFolderIsNamedWithTheCure) {
  const FileDescriptor socket = Socket();
  const std::string inner = folder_ + "/missing/postmirror";
  EXPECT_EQ(SocketFile::Bind(socket.get(), inner + "/maps").status(),
            absl::UnavailableError(absl::StrCat(
                "folder ", inner,
                ": mkdir: No such file or directory, make it, writable for the "
                "proxy, or leave the entry out of listen in postmirror.cf")));
}

TEST_F(SocketFileTest, IsRemovedAtTheEnd) {
  const FileDescriptor socket = Socket();
  {
    const auto file = SocketFile::Bind(socket.get(), path_);
    EXPECT_TRUE(Exists());
  }
  EXPECT_FALSE(Exists());
}

TEST_F(SocketFileTest, StaysIfItIsAnothersByNow) {
  const FileDescriptor socket = Socket();
  const FileDescriptor other_socket = Socket();
  auto file = SocketFile::Bind(socket.get(), path_);
  ASSERT_TRUE(file.ok());
  rename(path_.c_str(), (path_ + ".old").c_str());
  const auto other = SocketFile::Bind(other_socket.get(), path_);
  ASSERT_TRUE(other.ok()) << other.status();
  file->reset();
  EXPECT_TRUE(Exists());
  unlink((path_ + ".old").c_str());
}

TEST_F(SocketFileTest, IsLostWhereItsPathCanBeBoundAgain) {
  const FileDescriptor socket = Socket();
  const FileDescriptor other_socket = Socket();
  const auto file = SocketFile::Bind(socket.get(), path_);
  ASSERT_TRUE(file.ok()) << file.status();
  // Though nobody listens.
  EXPECT_FALSE((*file)->IsLost());
  unlink(path_.c_str());
  EXPECT_TRUE((*file)->IsLost());
  const auto other = SocketFile::Bind(other_socket.get(), path_);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_TRUE((*file)->IsLost()) << "nobody listens there";
  ASSERT_EQ(listen(other_socket.get(), 1), 0);
  EXPECT_FALSE((*file)->IsLost()) << "it is another's";
  unlink(path_.c_str());
  std::ofstream(path_) << "precious";
  EXPECT_FALSE((*file)->IsLost());
}

TEST_F(SocketFileTest, StaleFileIsReplaced) {
  LeaveStaleFile();
  ASSERT_TRUE(Exists());
  const FileDescriptor socket = Socket();
  const auto file = SocketFile::Bind(socket.get(), path_);
  EXPECT_TRUE(file.ok()) << file.status();
}

TEST_F(SocketFileTest, FileOfAProcessThatListensIsLeftAlone) {
  const FileDescriptor listening = Socket();
  const auto theirs = SocketFile::Bind(listening.get(), path_);
  ASSERT_EQ(listen(listening.get(), 1), 0);
  const FileDescriptor socket = Socket();
  EXPECT_EQ(SocketFile::Bind(socket.get(), path_).status(),
            absl::UnavailableError("another process is listening there"));
  EXPECT_TRUE(Exists());
}

TEST_F(SocketFileTest, FileOfAProcessThatIsTooBusyIsLeftAlone) {
  const FileDescriptor listening = Socket();
  const auto theirs = SocketFile::Bind(listening.get(), path_);
  ASSERT_EQ(listen(listening.get(), 0), 0);
  const FileDescriptor socket = Socket();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(SocketFile::Bind(socket.get(), path_).status(),
              absl::UnavailableError("another process is listening there"));
  }
  EXPECT_TRUE(Exists());
}

TEST_F(SocketFileTest, DatagramSocketOfAnotherProcessIsLeftAlone) {
  const FileDescriptor theirs(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto file = SocketFile::Bind(theirs.get(), path_);
  const FileDescriptor socket = Socket();
  EXPECT_EQ(SocketFile::Bind(socket.get(), path_).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Exists());
}

TEST_F(SocketFileTest, OtherFilesAreLeftAlone) {
  std::ofstream(path_) << "precious";
  const FileDescriptor socket = Socket();
  EXPECT_EQ(
      SocketFile::Bind(socket.get(), path_).status(),
      absl::UnavailableError("a file that is not a socket is in the way"));
  EXPECT_TRUE(Exists());
}

TEST_F(SocketFileTest, PathThatIsTooLongIsAWrongSetting) {
  const FileDescriptor socket = Socket();
  EXPECT_EQ(SocketFile::Bind(socket.get(), "/" + std::string(107, 'x'))
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace postmirror
