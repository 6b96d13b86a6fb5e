#include "schema/store/environment.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <lmdb.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "schema/runtime/file_descriptor.h"
#include "schema/store/entry.h"
#include "tests/schema/store/data_file.h"
#include "tests/schema/store/private_mounts.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

constexpr uid_t kNobody = 65534;
constexpr char kNoNamespaces[] = "no namespaces of processes here";

std::string Mode(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return "none";
  return absl::StrFormat("%o", status.st_mode & 07777);
}

absl::StatusOr<std::unique_ptr<Environment>> OpenAsWriter(
    absl::string_view store) {
  return Environment::OpenForWriting(store, nullptr);
}

class EnvironmentTest : public ::testing::Test {
 protected:
  std::string OpenForReading() const {
    return CodeOf(Environment::OpenForReading(store_.path()).status());
  }

  std::string OpenForWriting() const {
    return CodeOf(Environment::OpenForWriting(store_.path(), nullptr).status());
  }

  void Fill() const {
    store_.Fill({{.name = "a", .values = ManyEntries(500, 50)}});
  }

  // Opens for reading as the proxy's user, who is another one and in `group`.
  std::string OpenAsNobodyIn(gid_t group) const {
    if (geteuid() != 0) return "not root";
    return InChild([&]() -> std::string {
      if (setgroups(1, &group) != 0 || setegid(kNobody) != 0 ||
          seteuid(kNobody) != 0) {
        return "not root";
      }
      return OpenForReading();
    });
  }

  TemporaryStore store_;
};

TEST_F(EnvironmentTest, ModesAreSetWhateverTheUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{077}, mode_t{0777}}) {
    const TemporaryStore store;
    EXPECT_EQ(InChild([&] {
                umask(mask);
                return CodeOf(StoreWriter::Open(store.path()).status());
              }),
              "OK");
    EXPECT_EQ(Mode(store.path()), "2750") << mask;
    EXPECT_EQ(Mode(store.folder()), "2750") << mask;
    EXPECT_EQ(Mode(store.data_file()), "640") << mask;
    EXPECT_EQ(Mode(store.lock_file()), "660") << mask;
    EXPECT_EQ(Mode(store.path() + "/sync.lock"), "600") << mask;
    EXPECT_EQ(Mode(store.folder() + "/writer.lock"), "600") << mask;
  }
}

TEST_F(EnvironmentTest, ModesAreSetAgain) {
  Fill();
  ASSERT_EQ(chmod(store_.lock_file().c_str(), 0600), 0);
  ASSERT_EQ(chmod(store_.data_file().c_str(), 0600), 0);
  ASSERT_EQ(chmod(store_.folder().c_str(), 0700), 0);
  Fill();
  EXPECT_EQ(Mode(store_.folder()), "2750");
  EXPECT_EQ(Mode(store_.data_file()), "640");
  EXPECT_EQ(Mode(store_.lock_file()), "660");
}

// Who may read the folder may lock it.
TEST_F(EnvironmentTest, ALockOnTheFolderKeepsNoWriterAway) {
  Fill();
  const FileDescriptor folder(open(store_.folder().c_str(), O_RDONLY));
  ASSERT_EQ(flock(folder.get(), LOCK_EX), 0);
  EXPECT_EQ(InChild([&] { return OpenForWriting(); }), "OK");
}

TEST_F(EnvironmentTest, AFolderThatOthersMayFillIsNotRead) {
  for (const mode_t mode : {02770U, 0752U, 01777U}) {
    Fill();
    EXPECT_EQ(InChild([&] { return OpenForReading(); }), "OK");
    ASSERT_EQ(chmod(store_.folder().c_str(), mode), 0);
    EXPECT_EQ(InChild([&] { return OpenForReading(); }), "PERMISSION_DENIED");
  }
}

TEST_F(EnvironmentTest, TheStoresOwnFolderIsLeftAsItIs) {
  ASSERT_EQ(mkdir(store_.path().c_str(), 0755), 0);
  ASSERT_EQ(chmod(store_.path().c_str(), 0755), 0);
  Fill();
  EXPECT_EQ(Mode(store_.path()), "755");
}

TEST_F(EnvironmentTest, BothProgramsUseTheSameConstants) {
  const auto facts = [&](auto open) {
    return InChild([&]() -> std::string {
      const auto environment = open(store_.path());
      if (!environment.ok()) return environment.status().ToString();
      MDB_envinfo info = {};
      unsigned flags = 0;
      mdb_env_info((*environment)->get(), &info);
      mdb_env_get_flags((*environment)->get(), &flags);
      return absl::StrCat(
          info.me_mapsize >> 30, " GiB, keys of ",
          mdb_env_get_maxkeysize((*environment)->get()), " bytes, ",
          info.me_maxreaders >= 1024 ? "many" : "few", " readers",
          (flags & MDB_NOMETASYNC) != 0 ? ", no meta sync" : "",
          (flags & (MDB_NOSYNC | MDB_WRITEMAP | MDB_NOLOCK)) != 0 ? ", unsafe"
                                                                  : "");
    });
  };
  EXPECT_EQ(facts(OpenAsWriter),
            "256 GiB, keys of 511 bytes, many readers, no meta sync");
  EXPECT_EQ(facts(Environment::OpenForReading),
            "256 GiB, keys of 511 bytes, many readers");
  EXPECT_EQ(kMaxKeyBytes, 511u);
}

TEST_F(EnvironmentTest, ReadingNeedsAStore) {
  EXPECT_EQ(OpenForReading(), "UNAVAILABLE");
  EXPECT_FALSE(std::filesystem::exists(store_.path()));
}

TEST_F(EnvironmentTest, ReadingNeedsTheLockFile) {
  Fill();
  std::filesystem::remove(store_.lock_file());
  EXPECT_EQ(OpenForReading(), "UNAVAILABLE");
  EXPECT_FALSE(std::filesystem::exists(store_.lock_file()));
}

TEST_F(EnvironmentTest, AReaderOfTheGroupNeedsNoMore) {
  Fill();
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  ASSERT_EQ(chmod(store_.around().c_str(), 0755), 0);
  for (const std::string& path : {store_.path(), store_.folder(),
                                  store_.data_file(), store_.lock_file()}) {
    ASSERT_EQ(chown(path.c_str(), 0, kNobody), 0);
  }
  EXPECT_EQ(OpenAsNobodyIn(kNobody), "OK");
}

TEST_F(EnvironmentTest, ALockFileThatCannotBeWrittenIsRefused) {
  Fill();
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  ASSERT_EQ(chmod(store_.around().c_str(), 0755), 0);
  ASSERT_EQ(chmod(store_.path().c_str(), 0755), 0);
  ASSERT_EQ(chmod(store_.folder().c_str(), 0755), 0);
  ASSERT_EQ(chmod(store_.data_file().c_str(), 0644), 0);
  ASSERT_EQ(chmod(store_.lock_file().c_str(), 0644), 0);
  EXPECT_EQ(OpenAsNobodyIn(kNobody), "PERMISSION_DENIED");
}

TEST_F(EnvironmentTest, AReadOnlyMountIsRefused) {
  Fill();
  const std::string opened = InChild([&]() -> std::string {
    if (!MountReadOnly(store_.path())) return kNoMounts;
    return OpenForReading();
  });
  if (opened == kNoMounts) GTEST_SKIP() << opened;
  EXPECT_EQ(opened, "PERMISSION_DENIED");
}

TEST_F(EnvironmentTest, ADataFileCutOffIsRefused) {
  Fill();
  DataFile file(store_.data_file());
  // At the file's end there may be pages without entries.
  for (size_t pages = file.Pages() / 2; pages >= kMetaPages; --pages) {
    file.Truncate(pages);
    EXPECT_EQ(OpenForReading(), "DATA_LOSS") << pages;
    EXPECT_EQ(OpenForWriting(), "DATA_LOSS") << pages;
  }
}

TEST_F(EnvironmentTest, ADataFileWithoutMetaPagesIsRefused) {
  Fill();
  ASSERT_EQ(truncate(store_.data_file().c_str(), 100), 0);
  EXPECT_EQ(OpenForReading(), "DATA_LOSS");
  EXPECT_EQ(OpenForWriting(), "DATA_LOSS");
}

TEST_F(EnvironmentTest, AnEmptyDataFileIsANewStoreToTheWriterAlone) {
  Fill();
  ASSERT_EQ(truncate(store_.data_file().c_str(), 0), 0);
  EXPECT_EQ(OpenForReading(), "UNAVAILABLE");
  EXPECT_EQ(OpenForWriting(), "OK");
  EXPECT_EQ(OpenForReading(), "OK");
}

TEST_F(EnvironmentTest, GarbageInTheMetaPagesIsRefused) {
  Fill();
  DataFile file(store_.data_file());
  for (const char byte : {'\0', '\xff', 'x'}) {
    file.Overwrite(0, std::string(2 * kPageBytes, byte));
    EXPECT_EQ(OpenForReading(), "DATA_LOSS");
    EXPECT_EQ(OpenForWriting(), "DATA_LOSS");
  }
}

// LMDB does not write pages that a transaction took and gave back, so that a
// file may end before its last page.
TEST_F(EnvironmentTest, ADataFileThatNeverHadItsLastPagesIsWhole) {
  const Entries entries = ManyEntries(900, 1620);
  const auto half = std::next(entries.begin(), 450);
  store_.Write([&](StoreWriter* writer) {
    std::string name;
    for (int i = 0; i < 3; ++i) {
      const auto transaction = writer->Begin();
      absl::Status status = transaction.status();
      if (status.ok() && name.empty()) {
        name = *(*transaction)->CreateSubDatabase();
      }
      for (auto at = i == 0 ? entries.begin() : half;
           status.ok() && at != entries.end(); ++at) {
        status = (*transaction)->Put(name, at->first, at->second, true);
      }
      for (auto at = half; status.ok() && at != entries.end(); ++at) {
        status = (*transaction)->Delete(name, at->first);
      }
      if (status.ok()) status = (*transaction)->Commit();
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  });
  const DataFile file(store_.data_file());
  if (file.Pages() > file.LastPage()) {
    GTEST_SKIP() << "this LMDB wrote all of its pages";
  }
  EXPECT_EQ(OpenForReading(), "OK");
  EXPECT_EQ(OpenForWriting(), "OK");
}

// Two containers, in each of which it is the first process.
TEST_F(EnvironmentTest, AnotherReaderOfTheSameNumberIsNamed) {
  Fill();
  for (const auto open : {Environment::OpenForReading, OpenAsWriter}) {
    const std::string said = InChild([&]() -> std::string {
      if (unshare(CLONE_NEWPID) != 0) return kNoNamespaces;
      return InChild([&]() -> std::string {
        const auto first = Environment::OpenForReading(store_.path());
        if (!first.ok() || unshare(CLONE_NEWPID) != 0) return kNoNamespaces;
        return InChild([&] { return open(store_.path()).status().ToString(); });
      });
    });
    if (said == kNoNamespaces) GTEST_SKIP() << said;
    EXPECT_THAT(said, ::testing::StartsWith("FAILED_PRECONDITION"));
    EXPECT_THAT(said, ::testing::HasSubstr("our number 1"));
    EXPECT_THAT(said, ::testing::HasSubstr("share one PID namespace"));
  }
}

// A link in a folder of another user's may lead to any file.
TEST_F(EnvironmentTest, ALinkInPlaceOfAFileIsNotFollowed) {
  for (const std::string& file : {store_.data_file(), store_.lock_file()}) {
    Fill();
    const std::string elsewhere = store_.around() + "/elsewhere";
    std::filesystem::rename(file, elsewhere);
    std::filesystem::create_symlink(elsewhere, file);
    const auto before = std::filesystem::last_write_time(elsewhere);
    EXPECT_EQ(OpenForReading(), "UNAVAILABLE") << file;
    EXPECT_EQ(InChild([&] { return OpenForWriting(); }), "UNAVAILABLE") << file;
    EXPECT_EQ(std::filesystem::last_write_time(elsewhere), before) << file;
    std::filesystem::remove(file);
    std::filesystem::rename(elsewhere, file);
  }
}

TEST_F(EnvironmentTest, ALinkInPlaceOfTheFolderIsNotFollowed) {
  Fill();
  const std::string elsewhere = store_.around() + "/elsewhere";
  std::filesystem::rename(store_.folder(), elsewhere);
  std::filesystem::create_directory_symlink(elsewhere, store_.folder());
  std::filesystem::permissions(elsewhere, std::filesystem::perms(0700));
  EXPECT_EQ(InChild([&] { return OpenForWriting(); }), "UNAVAILABLE");
  EXPECT_EQ(Mode(elsewhere), "700");
}

TEST_F(EnvironmentTest, TheLockFileHasItsDiskBlocks) {
  Fill();
  struct stat status = {};
  ASSERT_EQ(stat(store_.lock_file().c_str(), &status), 0);
  EXPECT_GE(status.st_size, 1024 * 64);
  EXPECT_GE(status.st_blocks * 512, status.st_size);
}

TEST_F(EnvironmentTest, ALockFileInUseIsNotGrown) {
  Fill();
  // Of 128 slots, as another program may have made it.
  ASSERT_EQ(truncate(store_.lock_file().c_str(), 2 * kPageBytes), 0);
  const auto reader = Environment::OpenForReading(store_.path());
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto size = std::filesystem::file_size(store_.lock_file());
  Fill();
  EXPECT_EQ(std::filesystem::file_size(store_.lock_file()), size);
  EXPECT_TRUE((*reader)->CheckFiles().ok());
}

TEST_F(EnvironmentTest, AFullDiskIsNoDamage) {
  ASSERT_TRUE(std::filesystem::create_directory(store_.path()));
  const std::string opened = InChild([&]() -> std::string {
    if (!MountSmallDisk(store_.path(), "256k")) return kNoMounts;
    const std::string ballast = store_.path() + "/ballast";
    std::ofstream(ballast) << std::string(size_t{1} << 20, 'x') << std::flush;
    std::string codes = OpenForWriting();
    std::filesystem::remove(ballast);
    return codes + " " + OpenForWriting();
  });
  if (opened == kNoMounts) GTEST_SKIP() << opened;
  EXPECT_EQ(opened, "RESOURCE_EXHAUSTED OK");
}

class CheckFilesTest : public EnvironmentTest {
 protected:
  void SetUp() override {
    Fill();
    auto opened = Environment::OpenForReading(store_.path());
    ASSERT_TRUE(opened.ok()) << opened.status();
    environment_ = *std::move(opened);
    ASSERT_EQ(Check(), "OK");
  }

  std::string Check() const { return CodeOf(environment_->CheckFiles()); }

  // Puts a copy in the place of a file.
  static void Replace(const std::string& path) {
    std::filesystem::copy_file(path, path + ".copy");
    std::filesystem::rename(path + ".copy", path);
  }

  std::unique_ptr<Environment> environment_;
};

TEST_F(CheckFilesTest, GrowthIsFine) {
  store_.Fill({{.name = "b", .values = ManyEntries(5000, 50)}});
  EXPECT_EQ(Check(), "OK");
}

TEST_F(CheckFilesTest, SeesAnotherDataFile) {
  Replace(store_.data_file());
  EXPECT_EQ(Check(), "UNAVAILABLE");
}

TEST_F(CheckFilesTest, SeesAnotherLockFile) {
  Replace(store_.lock_file());
  EXPECT_EQ(Check(), "UNAVAILABLE");
}

TEST_F(CheckFilesTest, SeesAnotherFolder) {
  std::filesystem::rename(store_.folder(), store_.path() + "/away");
  EXPECT_EQ(Check(), "UNAVAILABLE");
  Fill();
  EXPECT_EQ(Check(), "UNAVAILABLE");
}

TEST_F(CheckFilesTest, SeesALockFileCutOff) {
  ASSERT_EQ(truncate(store_.lock_file().c_str(), kPageBytes), 0);
  EXPECT_EQ(Check(), "UNAVAILABLE");
}

TEST(RecordKeyTest, BeginsWithMap) {
  EXPECT_EQ(RecordKey("/etc/a.cf"), "map//etc/a.cf");
}

TEST(FormatFolderTest, IsNamedForItsFormat) {
  EXPECT_EQ(FormatFolder("/var/lib/postmirror"), "/var/lib/postmirror/v1");
}

}  // namespace
}  // namespace postmirror
