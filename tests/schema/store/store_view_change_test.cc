// A view while sync changes the store under it.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "schema/store/environment.h"
#include "schema/store/store_view.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

class StoreViewChangeTest : public LookupFixture {
 protected:
  void SetUp() override {
    Fill({{"k", "old"}, {"gone", "old"}});
    ASSERT_EQ(Refresh(), "OK");
  }

  // Into a new sub-database.
  void Fill(const Entries& values) {
    store_.Fill({{.name = kMap, .values = values}});
  }
};

TEST_F(StoreViewChangeTest, TheNextMomentHasTheNewEntries) {
  EXPECT_EQ(Look("k"), "old");
  Fill({{"k", "new"}});
  EXPECT_EQ(Look("k"), "new");
  EXPECT_EQ(Look("gone"), "NOTFOUND");
}

class MomentTest : public StoreViewChangeTest {
 protected:
  uint64_t Moment() {
    view_.Begin();
    const uint64_t moment = view_.moment();
    view_.End();
    return moment;
  }
};

TEST_F(MomentTest, ItsNumberStaysUntilTheStoreChanges) {
  const uint64_t first = Moment();
  EXPECT_NE(first, 0u);
  EXPECT_EQ(Moment(), first);
  Fill({{"k", "new"}});
  const uint64_t second = Moment();
  EXPECT_NE(second, 0u);
  EXPECT_NE(second, first);
  EXPECT_EQ(Moment(), second);
}

// Whose transaction may have the number of the other's.
TEST_F(MomentTest, AReplacedStoreHasAnotherNumber) {
  const uint64_t first = Moment();
  std::filesystem::remove_all(store_.folder());
  Fill({{"k", "new"}, {"gone", "new"}});
  ASSERT_EQ(Refresh(), "OK");
  EXPECT_NE(Moment(), 0u);
  EXPECT_NE(Moment(), first);
}

TEST_F(MomentTest, WhereNothingIsSeenItIsZero) {
  EXPECT_NE(Moment(), 0u);
  std::filesystem::remove_all(store_.folder());
  EXPECT_NE(Refresh(), "OK");
  EXPECT_EQ(Moment(), 0u);
}

TEST_F(StoreViewChangeTest, AMomentLastsUntilEnd) {
  view_.Begin();
  EXPECT_EQ(LookHere("k"), "old");
  Fill({{"k", "new"}});
  Fill({{"k", "newer"}});
  EXPECT_EQ(LookHere("k"), "old");
  EXPECT_EQ(LookHere("gone"), "old");
  view_.End();
  EXPECT_EQ(Look("k"), "newer");
}

TEST_F(StoreViewChangeTest, ChangesInPlaceShowInTheNextMomentToo) {
  EXPECT_EQ(Look("k"), "old");
  store_.Write([](StoreWriter* writer) {
    const auto transaction = writer->Begin();
    absl::Status status = (*transaction)->Put("m1", "k", "=new", false);
    status.Update((*transaction)->Delete("m1", "gone"));
    MapRecord record = writer->ReadRecords()->at(kMap);
    record.entries = 1;
    status.Update((*transaction)->PutRecord(kMap, record));
    status.Update((*transaction)->Commit());
    return status;
  });
  EXPECT_EQ(Look("k"), "new");
  EXPECT_EQ(Look("gone"), "NOTFOUND");
}

TEST_F(StoreViewChangeTest, AMapThatIsDroppedIsTemporary) {
  EXPECT_EQ(Look("k"), "old");
  store_.Write([](StoreWriter* writer) {
    const auto transaction = writer->Begin();
    absl::Status status = (*transaction)->DropSubDatabase("m1");
    status.Update((*transaction)->DeleteRecord(kMap));
    status.Update((*transaction)->Commit());
    return status;
  });
  EXPECT_EQ(Look("k"), "TEMP");
}

TEST_F(StoreViewChangeTest, AMapThatIsFilledLaterIsSeen) {
  EXPECT_EQ(Look("k", 1), "TEMP");
  store_.Fill({{.name = kOtherMap, .values = {{"k", "there"}}}});
  EXPECT_EQ(Look("k", 1), "there");
  EXPECT_EQ(Look("k", 0), "old");
}

// LMDB says of a key in a sub-database that is missing what it says of a key
// that is missing.
TEST_F(StoreViewChangeTest, AMissingSubDatabaseThatTheRecordNamesIsTemporary) {
  EXPECT_EQ(Look("other"), "NOTFOUND");
  store_.Write([](StoreWriter* writer) {
    const auto transaction = writer->Begin();
    absl::Status status = (*transaction)->DropSubDatabase("m1");
    status.Update((*transaction)->Commit());
    return status;
  });
  EXPECT_EQ(Look("k"), "TEMP");
  EXPECT_EQ(Look("other"), "TEMP");
  // And to a reader that never had it open.
  EXPECT_EQ(InChild([&] {
              StoreReader reader(store_.path());
              reader.Refresh().IgnoreError();
              StoreView view(&reader, {kMap});
              view.Begin();
              return LookUp(&view, 0, "other");
            }),
            "TEMP");
}

TEST_F(StoreViewChangeTest, AMissingSubDatabaseOfAnEmptyMapIsTemporaryToo) {
  Fill({});
  EXPECT_EQ(Look("other"), "NOTFOUND");
  store_.Write([](StoreWriter* writer) {
    const auto transaction = writer->Begin();
    absl::Status status = (*transaction)->DropSubDatabase("m2");
    status.Update((*transaction)->Commit());
    return status;
  });
  EXPECT_EQ(Look("other"), "TEMP");
}

TEST_F(StoreViewChangeTest, ARecordThatNamesNoSubDatabaseIsTemporary) {
  const std::vector<std::string> names = {"", "m", "m99", "status ",
                                          std::string(512, 'm')};
  for (const std::string& name : names) {
    store_.Write([&](StoreWriter* writer) {
      const auto transaction = writer->Begin();
      MapRecord record = writer->ReadRecords()->at(kMap);
      record.sub_database = name;
      absl::Status status = (*transaction)->PutRecord(kMap, record);
      status.Update((*transaction)->Commit());
      return status;
    });
    EXPECT_EQ(Look("other"), "TEMP") << name;
  }
}

TEST_F(StoreViewChangeTest, ASubDatabaseWithOtherCountsIsTemporary) {
  store_.Write([](StoreWriter* writer) {
    const auto transaction = writer->Begin();
    absl::Status status = (*transaction)->Delete("m1", "gone");
    status.Update((*transaction)->Commit());
    return status;
  });
  EXPECT_EQ(Look("k"), "TEMP");
  EXPECT_EQ(Look("gone"), "TEMP");
}

TEST_F(StoreViewChangeTest, ADamagedRecordIsTemporary) {
  store_.Write([](StoreWriter* writer) {
    const auto transaction = writer->Begin();
    absl::Status status =
        (*transaction)
            ->Put(kStatusSubDatabase, RecordKey(kMap), "garbage", false);
    status.Update((*transaction)->Commit());
    return status;
  });
  EXPECT_EQ(Look("k"), "TEMP");
  EXPECT_EQ(Look("other"), "TEMP");
}

// A process that fills the map anew, into a new sub-database, when it is told.
class Redefiner {
 public:
  Redefiner(const std::string& store, const std::string& map) {
    if (pipe(orders_) != 0 || pipe(done_) != 0) return;
    child_ = fork();
    if (child_ != 0) {
      close(orders_[0]);
      close(done_[1]);
      return;
    }
    close(orders_[1]);
    const auto writer = StoreWriter::Open(store);
    int order = 0;
    while (read(orders_[0], &order, sizeof(order)) == sizeof(order)) {
      const FilledMap filled = {
          .name = map, .values = {{"k", absl::StrCat("value ", order)}}};
      if (!FillMaps({filled}, writer->get()).ok()) _exit(1);
      if (write(done_[1], &order, sizeof(order)) != sizeof(order)) _exit(1);
    }
    _exit(0);
  }

  ~Redefiner() {
    close(orders_[1]);
    close(done_[0]);
    waitpid(child_, nullptr, 0);
  }

  // Returns once "k" has "value N".
  bool Fill(int number) {
    int told = 0;
    return write(orders_[1], &number, sizeof(number)) == sizeof(number) &&
           read(done_[0], &told, sizeof(told)) == sizeof(told);
  }

 private:
  int orders_[2] = {-1, -1};
  int done_[2] = {-1, -1};
  pid_t child_ = -1;
};

// A handle costs a place of LMDB's list for as long as the environment is open,
// whichever sub-database had it.
TEST_F(StoreViewChangeTest, MoreRedefinitionsThanHandlesAreAnswered) {
  Redefiner redefiner(store_.path(), kMap);
  int reopened = 0;
  for (int i = 0; i < 1100; ++i) {
    ASSERT_TRUE(redefiner.Fill(i));
    if (Look("k") == "TEMP") {
      ++reopened;
      ASSERT_EQ(Refresh(), "OK");
    }
    ASSERT_EQ(Look("k"), absl::StrCat("value ", i));
    ASSERT_EQ(Look("gone"), "NOTFOUND");
  }
  EXPECT_EQ(reopened, 1);
}

// One of them opens the new sub-database's handle, which the transactions that
// the others have begun do not know.
TEST_F(StoreViewChangeTest, ThreadsFollowARedefinitionTogether) {
  constexpr int kRounds = 300;
  constexpr int kThreads = 3;
  Redefiner redefiner(store_.path(), kMap);
  std::barrier round(kThreads + 1);
  std::atomic<int> late = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      StoreView view(&reader_, {kMap});
      for (int number = 0; number < kRounds; ++number) {
        round.arrive_and_wait();
        view.Begin();
        if (LookUp(&view, 0, "k") != absl::StrCat("value ", number)) ++late;
        view.End();
        round.arrive_and_wait();
      }
    });
  }
  for (int number = 0; number < kRounds; ++number) {
    EXPECT_TRUE(redefiner.Fill(number));
    round.arrive_and_wait();
    round.arrive_and_wait();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(late, 0);
}

}  // namespace
}  // namespace postmirror
