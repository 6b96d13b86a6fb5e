#include "schema/store/store_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "schema/store/environment.h"
#include "tests/schema/store/private_mounts.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

namespace fs = std::filesystem;

class StoreReaderTest : public LookupFixture {
 protected:
  void SetUp() override {
    Fill("old");
    ASSERT_EQ(Refresh(), "OK");
    ASSERT_EQ(Look("k"), "old");
  }

  void Fill(const std::string& value) {
    store_.Fill({{.name = kMap, .values = {{"k", value}}}});
  }

  // Another store's files, with the value "new".
  static void FillOther(const TemporaryStore& other) {
    other.Fill({{.name = kMap, .values = {{"k", "new"}}}});
  }
};

TEST_F(StoreReaderTest, RefreshKeepsWhatIsStillThere) {
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Look("k"), "old");
  Fill("new");
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Look("k"), "new");
}

TEST_F(StoreReaderTest, ADataFileMovedOverIsOpened) {
  const TemporaryStore other;
  FillOther(other);
  fs::rename(other.data_file(), store_.data_file());
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Look("k"), "new");
}

TEST_F(StoreReaderTest, ALockFileReplacedIsOpened) {
  fs::copy_file(store_.lock_file(), store_.around() + "/lock");
  fs::rename(store_.around() + "/lock", store_.lock_file());
  EXPECT_EQ(Refresh(), "OK");
  // The writer sees our moment again: it does not reuse its pages.
  view_.Begin();
  for (int i = 0; i < 5; ++i) Fill("new");
  EXPECT_EQ(LookHere("k"), "old");
  view_.End();
  EXPECT_EQ(Look("k"), "new");
}

TEST_F(StoreReaderTest, ALockFileRemovedIsTemporaryUntilSyncMakesIt) {
  fs::remove(store_.lock_file());
  EXPECT_EQ(Refresh(), "UNAVAILABLE");
  EXPECT_EQ(Look("k"), "TEMP");
  Fill("new");
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Look("k"), "new");
}

// In a process of its own: what LMDB cannot give back it keeps until the end.
TEST_F(StoreReaderTest, ALockFileCutOffIsTemporaryUntilSyncMakesIt) {
  const auto answers = [&] {
    StoreReader reader(store_.path());
    StoreView view(&reader, {kMap});
    std::string text;
    const auto ask = [&] {
      view.Begin();
      text += " " + LookUp(&view, 0, "k") + " " + LookUp(&view, 0, "other");
      view.End();
    };
    reader.Refresh().IgnoreError();
    for (const uintmax_t bytes : {4096u, 64u, 0u}) {
      ask();
      fs::resize_file(store_.lock_file(), bytes);
      ask();
      reader.Refresh().IgnoreError();
      fs::remove(store_.lock_file());
      Fill("old");
      text += " " + CodeOf(reader.Refresh());
    }
    return text;
  };
  // Of the first page, the view's slot is still there.
  EXPECT_EQ(InChild(answers),
            " old NOTFOUND old NOTFOUND OK"
            " old NOTFOUND TEMP TEMP OK"
            " old NOTFOUND TEMP TEMP OK");
}

TEST_F(StoreReaderTest, AFolderReplacedIsOpened) {
  const TemporaryStore other;
  FillOther(other);
  fs::rename(store_.folder(), store_.path() + "/away");
  fs::rename(other.folder(), store_.folder());
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Look("k"), "new");
}

TEST_F(StoreReaderTest, AFolderRemovedIsTemporaryUntilItIsFilledAgain) {
  fs::remove_all(store_.folder());
  EXPECT_EQ(Refresh(), "UNAVAILABLE");
  EXPECT_EQ(Look("k"), "TEMP");
  Fill("new");
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Look("k"), "new");
}

TEST_F(StoreReaderTest, WhatSyncSetAsideIsLeft) {
  ASSERT_EQ(
      InChild([&] { return CodeOf(StoreWriter::SetAside(store_.path())); }),
      "OK");
  Fill("new");
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Look("k"), "new");
}

TEST_F(StoreReaderTest, AViewFromBeforeTheStoreSeesIt) {
  const TemporaryStore later;
  StoreReader reader(later.path());
  StoreView view(&reader, {kMap});
  EXPECT_EQ(CodeOf(reader.Refresh()), "UNAVAILABLE");
  FillOther(later);
  EXPECT_EQ(CodeOf(reader.Refresh()), "OK");
  view.Begin();
  EXPECT_EQ(LookUp(&view, 0, "k"), "new");
  view.End();
}

TEST_F(StoreReaderTest, RefreshLeavesTheViewsOfOtherThreadsTheirMoment) {
  const TemporaryStore other;
  FillOther(other);
  std::atomic<bool> begun = false;
  std::atomic<bool> refreshed = false;
  std::thread refreshing([&] {
    while (!begun) std::this_thread::yield();
    EXPECT_EQ(Refresh(), "OK");
    refreshed = true;
  });
  view_.Begin();
  fs::rename(store_.folder(), store_.path() + "/away");
  fs::rename(other.folder(), store_.folder());
  begun = true;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(LookHere("k"), "old");
  EXPECT_FALSE(refreshed);
  view_.End();
  refreshing.join();
  EXPECT_EQ(Look("k"), "new");
}

// Several workers look up while the store is replaced again and again.
TEST_F(StoreReaderTest, ThreadsLookUpWhileTheStoreIsReopened) {
  const TemporaryStore other;
  FillOther(other);
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> found = 0;
  const auto look_up = [&] {
    StoreView view(&reader_, {kMap});
    while (!stop) {
      view.Begin();
      for (int i = 0; i < 3; ++i) {
        const std::string k = LookUp(&view, 0, "k");
        const std::string miss = LookUp(&view, 0, "other");
        if (k == "old" || k == "new") ++found;
        if (k != "old" && k != "new" && k != "TEMP") ++wrong;
        if (miss != "NOTFOUND" && miss != "TEMP") ++wrong;
      }
      view.End();
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) threads.emplace_back(look_up);
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(renameat2(AT_FDCWD, store_.folder().c_str(), AT_FDCWD,
                        other.folder().c_str(), RENAME_EXCHANGE),
              0);
    EXPECT_EQ(Refresh(), "OK");
    // Each environment answers before the next one takes its place.
    for (const int before = found; found == before;) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(Look("k"), "old");
}

// A process that holds that many reader slots, or all, until it is killed.
class SlotHolder {
 public:
  SlotHolder(const std::string& store, int slots) {
    int ready[2] = {-1, -1};
    if (pipe(ready) != 0) return;
    child_ = fork();
    if (child_ == 0) {
      const auto environment = Environment::OpenForReading(store);
      MDB_txn* transaction = nullptr;
      int held = 0;
      while (held < slots && environment.ok() &&
             (*environment)->BeginReading(&transaction) == MDB_SUCCESS) {
        ++held;
      }
      if (write(ready[1], &held, sizeof(held)) != sizeof(held)) _exit(1);
      pause();
      _exit(0);
    }
    close(ready[1]);
    if (read(ready[0], &held_, sizeof(held_)) != sizeof(held_)) held_ = -1;
    close(ready[0]);
  }

  ~SlotHolder() { Kill(); }

  void Kill() {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
    child_ = -1;
  }

  int held() const { return held_; }

 private:
  pid_t child_ = -1;
  int held_ = -1;
};

TEST_F(StoreReaderTest, WithoutAFreeSlotItIsTemporaryUntilOneIsFreed) {
  StoreView late(&reader_, {kMap});
  SlotHolder holder(store_.path(), 100000);
  ASSERT_GE(holder.held(), 1000);
  // A view that has its slot keeps it.
  EXPECT_EQ(Look("k"), "old");
  late.Begin();
  EXPECT_EQ(LookUp(&late, 0, "k"), "TEMP");
  late.End();
  EXPECT_EQ(Refresh(), "OK");
  EXPECT_EQ(Look("k"), "old");
  // Nobody but us looks for slots of the dead.
  holder.Kill();
  late.Begin();
  EXPECT_EQ(LookUp(&late, 0, "k"), "old");
  late.End();
}

TEST_F(StoreReaderTest, ANewReaderWithoutAFreeSlotIsRefusedUntilOneIsFreed) {
  SlotHolder holder(store_.path(), 100000);
  ASSERT_GE(holder.held(), 1000);
  const auto open = [&] {
    return InChild(
        [&] { return CodeOf(StoreReader(store_.path()).Refresh()); });
  };
  EXPECT_EQ(open(), "UNAVAILABLE");
  holder.Kill();
  EXPECT_EQ(open(), "OK");
}

TEST_F(StoreReaderTest, AReadOnlyMountIsTemporaryAsLongAsItLasts) {
  const std::string answer = InChild([&]() -> std::string {
    StoreReader reader(store_.path());
    if (!MountReadOnly(store_.path())) return kNoMounts;
    StoreView view(&reader, {kMap});
    std::string text = CodeOf(reader.Refresh());
    view.Begin();
    text += " " + LookUp(&view, 0, "k");
    view.End();
    if (umount2(store_.path().c_str(), MNT_DETACH) != 0) return kNoMounts;
    text += " " + CodeOf(reader.Refresh());
    view.Begin();
    text += " " + LookUp(&view, 0, "k");
    view.End();
    return text;
  });
  if (answer == kNoMounts) GTEST_SKIP() << answer;
  EXPECT_EQ(answer, "PERMISSION_DENIED TEMP OK old");
}

}  // namespace
}  // namespace postmirror
