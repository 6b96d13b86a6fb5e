#include "sync/small_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/schema/store/store_fixture.h"
#include "tests/sync/failing_call.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

class SmallFileTest : public ::testing::Test {
 protected:
  size_t Files() const {
    size_t count = 0;
    for (auto it = std::filesystem::directory_iterator(folder_.path());
         it != std::filesystem::directory_iterator(); ++it) {
      ++count;
    }
    return count;
  }

  TemporaryFolder folder_;
};

TEST_F(SmallFileTest, ReadsWhatWasWritten) {
  const std::string bytes("a\0\n\xff", 4);
  ASSERT_EQ(ReplaceFile(folder_.File("f"), "a longer text before"),
            absl::OkStatus());
  ASSERT_EQ(ReplaceFile(folder_.File("f"), bytes), absl::OkStatus());
  EXPECT_EQ(*ReadSmallFile(folder_.File("f")), bytes);
  EXPECT_EQ(Files(), 1U) << "nothing else is left behind";
}

TEST_F(SmallFileTest, AMissingFileIsNotFound) {
  EXPECT_EQ(ReadSmallFile(folder_.File("f")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(SmallFileTest, AFileOver16MebibytesIsRefused) {
  folder_.Write("f", "");
  std::filesystem::resize_file(folder_.File("f"), (size_t{16} << 20) + 1);
  EXPECT_EQ(ReadSmallFile(folder_.File("f")).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(SmallFileTest, TheModeIs0640WhateverTheUmask) {
  const mode_t before = umask(0077);
  ASSERT_EQ(ReplaceFile(folder_.File("f"), "x"), absl::OkStatus());
  umask(before);
  struct stat status = {};
  ASSERT_EQ(stat(folder_.File("f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, mode_t{0640});
}

TEST_F(SmallFileTest, AFailedReplacementLeavesNothingBehind) {
  std::filesystem::create_directory(folder_.File("f"));
  EXPECT_FALSE(ReplaceFile(folder_.File("f"), "x").ok());
  EXPECT_EQ(Files(), 1U);
}

TEST_F(SmallFileTest, AMissingFolderIsNamed) {
  const absl::Status status = ReplaceFile(folder_.File("no/f"), "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("no/f"));
}

// A disk that keeps less than it took.
class LossyDiskTest : public SmallFileTest {
 protected:
  using Write = absl::Status (*)(const std::string&, absl::string_view);

  // What `write` says where a system call fails.
  std::string Say(Write write, long call) const {
    return InChild([&]() -> std::string {
      if (!MakeFail(call, EDQUOT)) return kNoFilters;
      return write(folder_.File("f"), "new").ToString();
    });
  }
};

TEST_F(LossyDiskTest, AFileThatIsCutAtItsCloseReplacesNothing) {
  folder_.Write("f", "old");
  const std::string said = Say(ReplaceFile, SYS_close);
  if (said == kNoFilters) GTEST_SKIP() << said;
  EXPECT_THAT(said, ::testing::StartsWith("RESOURCE_EXHAUSTED: "));
  EXPECT_THAT(said, ::testing::EndsWith(": close: Disk quota exceeded"));
  EXPECT_EQ(folder_.Read("f"), "old");
  EXPECT_EQ(Files(), 1U);
}

TEST_F(LossyDiskTest, OnDiskIsTheFileAndItsName) {
  for (const long call : {SYS_fdatasync, SYS_fsync}) {
    const std::string said = Say(ReplaceFileOnDisk, call);
    if (said == kNoFilters) GTEST_SKIP() << said;
    EXPECT_THAT(said, ::testing::EndsWith(": sync: Disk quota exceeded"));
    EXPECT_EQ(Say(ReplaceFile, call), "OK") << "for others it takes too long";
  }
  ASSERT_EQ(ReplaceFileOnDisk(folder_.File("f"), "newer"), absl::OkStatus());
  EXPECT_EQ(folder_.Read("f"), "newer");
}

// What another user may put into a folder of his own.
class PlantedTest : public SmallFileTest {
 protected:
  // `name` leads to a file whose text is "private".
  void Plant(const std::string& name) const {
    std::filesystem::create_symlink(private_.Write("f", "private"),
                                    folder_.File(name));
  }

  TemporaryFolder private_;
};

TEST_F(PlantedTest, ALinkIsNotRead) {
  Plant("f");
  const absl::Status status = ReadSmallFile(folder_.File("f")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("a link"));
}

TEST_F(PlantedTest, AFifoIsNotWaitedFor) {
  ASSERT_EQ(mkfifo(folder_.File("f").c_str(), 0600), 0);
  EXPECT_EQ(ReadSmallFile(folder_.File("f")).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(PlantedTest, ALinkIsReplacedAndNotFollowed) {
  Plant("f");
  Plant(absl::StrCat("f.", getpid(), ".new"));
  ASSERT_EQ(ReplaceFile(folder_.File("f"), "x"), absl::OkStatus());
  EXPECT_EQ(private_.Read("f"), "private");
  EXPECT_EQ(*ReadSmallFile(folder_.File("f")), "x");
  EXPECT_EQ(Files(), 1U);
}

}  // namespace
}  // namespace postmirror
