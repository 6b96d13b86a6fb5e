#include "sync/running_mark.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>

#include "tests/schema/store/store_fixture.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

class RunningMarkTest : public ::testing::Test {
 protected:
  // In another process: a process does not meet its own locks everywhere.
  std::string Runs() const {
    return InChild([&] { return CodeOf(CheckRuns(folder())); });
  }

  std::string folder() const { return around_.File("status"); }

  TemporaryFolder around_;
};

TEST_F(RunningMarkTest, IsThereAsLongAsItsOwner) {
  EXPECT_EQ(Runs(), "NOT_FOUND");
  auto mark = std::make_unique<RunningMark>(folder());
  EXPECT_EQ(Runs(), "NOT_FOUND") << "it is not set yet";
  ASSERT_EQ(mark->Set(), absl::OkStatus());
  ASSERT_EQ(mark->Set(), absl::OkStatus());
  EXPECT_EQ(Runs(), "OK");
  EXPECT_EQ(CheckRuns(folder()), absl::OkStatus()) << "to ask drops no lock";
  EXPECT_EQ(Runs(), "OK");
  mark.reset();
  EXPECT_EQ(Runs(), "NOT_FOUND");
}

TEST_F(RunningMarkTest, IsSetAgainWhereItWasRemoved) {
  RunningMark mark(folder());
  ASSERT_EQ(mark.Set(), absl::OkStatus());
  std::filesystem::remove(folder() + "/sync.running");
  EXPECT_EQ(Runs(), "NOT_FOUND");
  EXPECT_EQ(mark.Set(), absl::OkStatus());
  EXPECT_EQ(Runs(), "OK");
  std::filesystem::remove_all(folder());
  EXPECT_EQ(mark.Set(), absl::OkStatus());
  EXPECT_EQ(Runs(), "OK");
}

TEST_F(RunningMarkTest, MakesTheFolderWhateverTheUmask) {
  EXPECT_EQ(InChild([&]() -> std::string {
              umask(0777);
              RunningMark mark(folder());
              return CodeOf(mark.Set());
            }),
            "OK");
  struct stat facts = {};
  ASSERT_EQ(stat(folder().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 02750U);
  ASSERT_EQ(stat((folder() + "/sync.running").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0640U);
}

TEST_F(RunningMarkTest, ALockOfAReaderIsNoMark) {
  std::filesystem::create_directory(folder());
  const FileDescriptor file(
      open((folder() + "/sync.running").c_str(), O_RDWR | O_CREAT, 0640));
  struct flock whole = {};
  whole.l_type = F_RDLCK;
  ASSERT_EQ(fcntl(file.get(), F_OFD_SETLK, &whole), 0);
  EXPECT_EQ(Runs(), "NOT_FOUND");
  RunningMark mark(folder());
  EXPECT_EQ(CodeOf(mark.Set()), "OK");
  EXPECT_EQ(Runs(), "OK");
}

TEST_F(RunningMarkTest, IsNotTakenFromAnother) {
  RunningMark first(folder());
  ASSERT_EQ(first.Set(), absl::OkStatus());
  RunningMark second(folder());
  EXPECT_EQ(CodeOf(second.Set()), "UNAVAILABLE");
  EXPECT_EQ(Runs(), "OK");
}

TEST_F(RunningMarkTest, WhatCannotBeSeenIsNotDown) {
  RunningMark mark(folder());
  ASSERT_EQ(mark.Set(), absl::OkStatus());
  EXPECT_EQ(InChild([&] {
              rlimit none = {};
              setrlimit(RLIMIT_NOFILE, &none);
              return CodeOf(CheckRuns(folder()));
            }),
            "UNAVAILABLE");
}

TEST_F(RunningMarkTest, FollowsNoLink) {
  std::filesystem::create_directory(folder());
  const std::string target = around_.Write("private", "private");
  std::filesystem::create_symlink(target, folder() + "/sync.running");
  RunningMark mark(folder());
  EXPECT_EQ(CodeOf(mark.Set()), "UNAVAILABLE");
  EXPECT_EQ(Runs(), "NOT_FOUND");
  EXPECT_EQ(around_.Read("private"), "private");
}

}  // namespace
}  // namespace postmirror
