#include "schema/store/fault_guard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "schema/runtime/file_descriptor.h"
#include "tests/schema/store/data_file.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

constexpr size_t kMappedPages = 4;

// A mapped file of which nothing but the first page is left.
class FaultGuardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(mdb_env_create(&environment_), MDB_SUCCESS);
    GuardAssertions(environment_);
    const std::string path = store_.around() + "/mapped";
    const int file = open(path.c_str(), O_RDWR | O_CREAT, 0600);
    ASSERT_EQ(ftruncate(file, kMappedPages * kPageBytes), 0);
    void* const mapped = mmap(nullptr, kMappedPages * kPageBytes, PROT_READ,
                              MAP_SHARED, file, 0);
    ASSERT_NE(mapped, MAP_FAILED);
    bytes_ = static_cast<volatile const char*>(mapped);
    ASSERT_EQ(ftruncate(file, kPageBytes), 0);
    close(file);
  }

  void TearDown() override {
    munmap(const_cast<char*>(bytes_), kMappedPages * kPageBytes);
    mdb_env_close(environment_);
  }

  void ReadThere() const { static_cast<void>(bytes_[0]); }
  void ReadBeyond() const { static_cast<void>(bytes_[kPageBytes]); }

  TemporaryStore store_;
  MDB_env* environment_ = nullptr;
  volatile const char* bytes_ = nullptr;
};

TEST_F(FaultGuardTest, TellsThatNothingHappened) {
  bool ran = false;
  EXPECT_TRUE(SurvivesFault([&] {
    ReadThere();
    ran = true;
  }));
  EXPECT_TRUE(ran);
}

TEST_F(FaultGuardTest, LeavesTheAccessWhereTheFaultStruck) {
  bool went_on = false;
  EXPECT_FALSE(SurvivesFault([&] {
    ReadBeyond();
    went_on = true;
  }));
  EXPECT_FALSE(went_on);
}

TEST_F(FaultGuardTest, SurvivesMoreThanOnce) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(SurvivesFault([&] { ReadBeyond(); }));
    EXPECT_TRUE(SurvivesFault([&] { ReadThere(); }));
  }
}

TEST_F(FaultGuardTest, AnInnerGuardLeavesTheOuterOneInForce) {
  bool inner = true;
  bool went_on = false;
  EXPECT_FALSE(SurvivesFault([&] {
    inner = SurvivesFault([&] { ReadBeyond(); });
    SurvivesFault([&] { ReadThere(); });
    ReadBeyond();
    went_on = true;
  }));
  EXPECT_FALSE(inner);
  EXPECT_FALSE(went_on);
}

TEST_F(FaultGuardTest, EachThreadHasItsOwn) {
  int survived = 0;
  EXPECT_TRUE(SurvivesFault([&] {
    std::thread other([&] {
      for (int i = 0; i < 10; ++i) {
        if (!SurvivesFault([&] { ReadBeyond(); })) ++survived;
      }
    });
    other.join();
  }));
  EXPECT_EQ(survived, 10);
}

TEST_F(FaultGuardTest, AFaultOutsideStillKills) {
  EXPECT_EQ(InChild([&]() -> std::string {
              SurvivesFault([&] { ReadBeyond(); });
              ReadBeyond();
              return "alive";
            }),
            absl::StrCat("signal ", SIGBUS));
}

TEST_F(FaultGuardTest, TouchPagesMeetsWhatIsBeyondTheEnd) {
  const char* const bytes = const_cast<const char*>(bytes_);
  EXPECT_TRUE(SurvivesFault([&] { TouchPages(bytes, 0); }));
  EXPECT_TRUE(SurvivesFault([&] { TouchPages(bytes, kPageBytes); }));
  EXPECT_FALSE(SurvivesFault([&] { TouchPages(bytes, kPageBytes + 1); }));
  EXPECT_FALSE(SurvivesFault([&] { TouchPages(bytes + 100, kPageBytes); }));
  EXPECT_FALSE(SurvivesFault([&] { TouchPages(bytes, 4 * kPageBytes); }));
}

// A process that dies while it writes, with a file for its deaths.
class DeathTest : public ::testing::Test {
 protected:
  // Whether it ends, and the deaths that were counted: "dead, deaths 1".
  std::string DieBy(const std::function<void()>& strike) {
    const FileDescriptor file(
        open((store_.around() + "/deaths").c_str(), O_RDWR | O_CREAT, 0600));
    const std::string end = InChild([&]() -> std::string {
      CountDeaths(file.get());
      NoteWriting(true);
      strike();
      return "alive";
    });
    unsigned char deaths = 0;
    EXPECT_GE(pread(file.get(), &deaths, 1, 0), 0);
    // A sanitizer makes an exit of some signals.
    return absl::StrCat(end == "alive" ? "alive" : "dead", ", deaths ",
                        static_cast<int>(deaths));
  }

  TemporaryStore store_;
};

TEST_F(DeathTest, ASignalThatWasSentEndsItAtOnceAndIsNotCounted) {
  for (const int number : {SIGSEGV, SIGABRT}) {
    EXPECT_EQ(DieBy([&] { kill(getpid(), number); }), "dead, deaths 0")
        << number;
  }
}

TEST_F(DeathTest, CountsAnAbort) {
  EXPECT_EQ(DieBy([] { std::abort(); }), "dead, deaths 1");
}

TEST_F(DeathTest, CountsAFault) {
  EXPECT_EQ(DieBy([] {
              void* const closed = mmap(nullptr, kPageBytes, PROT_NONE,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              static_cast<void>(*static_cast<volatile const char*>(closed));
            }),
            "dead, deaths 1");
}

// An environment with a branch page that has no keys, which LMDB asserts not to
// meet.
class AssertionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_.Fill({{.name = "a", .values = ManyEntries(500, 50)}});
    DataFile file(store_.data_file());
    for (size_t page = kMetaPages; page < file.Pages(); ++page) {
      if (file.IsBranch(page)) file.ForgetKeys(page);
    }
    ASSERT_EQ(mdb_env_create(&environment_), MDB_SUCCESS);
    GuardAssertions(environment_);
    mdb_env_set_maxdbs(environment_, 4);
    ASSERT_EQ(
        mdb_env_open(environment_, store_.folder().c_str(), MDB_RDONLY, 0),
        MDB_SUCCESS);
    ASSERT_EQ(mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction_),
              MDB_SUCCESS);
    ASSERT_EQ(mdb_dbi_open(transaction_, "m1", 0, &handle_), MDB_SUCCESS);
  }

  void TearDown() override {
    mdb_txn_abort(transaction_);
    mdb_env_close(environment_);
  }

  void Get() {
    std::string text = "key000250";
    MDB_val key = {text.size(), text.data()};
    MDB_val value = {0, nullptr};
    code_ = mdb_get(transaction_, handle_, &key, &value);
  }

  TemporaryStore store_;
  MDB_env* environment_ = nullptr;
  MDB_txn* transaction_ = nullptr;
  MDB_dbi handle_ = 0;
  int code_ = MDB_SUCCESS;
};

TEST_F(AssertionTest, EndsInTheGuard) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(SurvivesFault([&] { Get(); })) << mdb_strerror(code_);
  }
}

TEST_F(AssertionTest, AbortsOutside) {
  EXPECT_EQ(InChild([&] {
              Get();
              return std::string("alive");
            }),
            absl::StrCat("signal ", SIGABRT));
}

}  // namespace
}  // namespace postmirror
