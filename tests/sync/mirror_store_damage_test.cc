// What becomes of a store that is damaged: it is set aside and filled anew.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <functional>

#include "schema/store/environment.h"
#include "tests/sync/mirror_store_test_case.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class MirrorStoreDamageTest : public MirrorStoreTestCase {
 protected:
  std::string DataFile() const { return folder_.File("v1/data.mdb"); }
  bool SetAside() const {
    return std::filesystem::exists(folder_.File("v1.damaged/data.mdb"));
  }

  // Makes the map's record, and no other, unreadable.
  void GarbleRecord() const {
    std::string bytes = folder_.Read("v1/data.mdb");
    const std::string name = "map/" + map_.name;
    size_t garbled = 0;
    for (size_t at = bytes.find(name); at != std::string::npos;
         at = bytes.find(name, at + 1)) {
      bytes[at + name.size()] = 'x';
      ++garbled;
    }
    EXPECT_GT(garbled, 0U);
    folder_.Write("v1/data.mdb", bytes);
  }

  // Changes the map's record behind sync's back.
  void Edit(const std::function<void(MapRecord*)>& edit) {
    store_.reset();
    {
      absl::StatusOr<std::unique_ptr<StoreWriter>> writer =
          StoreWriter::Open(folder_.path());
      ASSERT_TRUE(writer.ok());
      MapRecord record = (*writer->get()->ReadRecords())[map_.name];
      edit(&record);
      absl::StatusOr<std::unique_ptr<StoreTransaction>> transaction =
          (*writer)->Begin();
      ASSERT_TRUE((*transaction)->PutRecord(map_.name, record).ok());
      ASSERT_TRUE((*transaction)->Commit().ok());
    }
    Restart();
  }
};

TEST_F(MirrorStoreDamageTest, AFileOfGarbageIsSetAsideAndTheStoreIsFilledAnew) {
  Apply(map_, {{"a", "1"}});
  store_.reset();
  folder_.Write("v1/data.mdb", std::string(20000, 'x'));
  Restart();
  logger_.Take();
  EXPECT_EQ(Lookup("a"), "TEMPORARY");
  EXPECT_TRUE(Apply(map_, {{"a", "2"}}).filled);
  EXPECT_THAT(logger_.Take(), ElementsAre(HasSubstr("is damaged, and filled"),
                                          HasSubstr("is damaged, set aside")));
  EXPECT_TRUE(SetAside());
  EXPECT_EQ(Lookup("a"), "2");
}

TEST_F(MirrorStoreDamageTest, ACollationThatIsNotThereIsDamage) {
  Apply(map_, {{"a", "1"}});
  Edit(
      [](MapRecord* record) { record->collation_digest = "0123456789abcdef"; });
  EXPECT_EQ(Lookup("a"), "TEMPORARY");
  EXPECT_TRUE(Apply(map_, {{"a", "1"}}).filled);
  EXPECT_TRUE(SetAside());
  EXPECT_EQ(Lookup("a"), "1");
}

TEST_F(MirrorStoreDamageTest, ACollationThatIsNotAsItWasWrittenIsDamage) {
  Apply(map_, {{"a", "1"}});
  store_.reset();
  std::string bytes = folder_.Read("v1/data.mdb");
  // The bytes of a collation begin with its bits and its name.
  const size_t at = bytes.find("\x05\x12utf8mb4_general_ci");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 2] = 'U';
  folder_.Write("v1/data.mdb", bytes);
  Restart();
  EXPECT_EQ(Lookup("a"), "TEMPORARY");
  EXPECT_TRUE(Apply(map_, {{"a", "1"}}).filled);
  EXPECT_EQ(Lookup("a"), "1");
}

// Until there is something to put in its place, what is whole is still found.
TEST_F(MirrorStoreDamageTest,
       ADamagedStoreStaysInItsPlaceUntilASnapshotIsThere) {
  Apply(domains_, {{"d", "1"}});
  Apply(map_, {{"a", "1"}});
  store_.reset();
  GarbleRecord();
  logger_.Take();
  Restart();
  std::vector<std::string> told;
  store_->TellDamage([&](const std::string& fault) { told.push_back(fault); });
  // Whoever meets with it first.
  EXPECT_TRUE(store_->Reads({map_.name}).unknown);
  EXPECT_THAT(
      logger_.Take(),
      ElementsAre(AllOf(StartsWith("error: "),
                        HasSubstr("is damaged, and filled anew once"))));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(store_->Open().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(store_->ClearStaleReaders().status().code(),
              absl::StatusCode::kDataLoss);
    EXPECT_EQ(store_->DropAllBut({}).code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_THAT(logger_.Take(), ElementsAre());
  EXPECT_FALSE(SetAside());
  EXPECT_EQ(Lookup("a"), "TEMPORARY");
  EXPECT_EQ(probe_.Lookup(domains_.name, "d"), "1");
  EXPECT_THAT(told, ElementsAre(HasSubstr("is damaged")));
  EXPECT_TRUE(Apply(map_, {{"a", "2"}}).filled);
  EXPECT_TRUE(SetAside());
  EXPECT_EQ(Lookup("a"), "2");
  EXPECT_THAT(told, ElementsAre(HasSubstr("is damaged"), ""));
}

// What else it has, nobody has compared.
TEST_F(MirrorStoreDamageTest, AnotherStoreGetsNoSnapshotThatIsNotWhole) {
  Apply(map_, {{"a", "1"}});
  Snapshot snapshot = Snap(map_, {{"a", "2"}});
  snapshot.is_whole = false;
  EXPECT_TRUE(absl::IsAborted(
      store_->Apply(snapshot, store_->generation() + 1).status()));
  EXPECT_EQ(Lookup("a"), "1");
  EXPECT_TRUE(store_->Apply(snapshot, store_->generation()).ok());
  EXPECT_EQ(Lookup("a"), "2");
}

// It would be put in the place of more than it is.
TEST_F(MirrorStoreDamageTest, ADamagedStoreStaysWhereASnapshotIsNotWhole) {
  Apply(domains_, {{"d", "1"}});
  Apply(map_, {{"a", "1"}});
  store_.reset();
  GarbleRecord();
  Restart();
  Snapshot snapshot = Snap(map_, {{"a", "2"}});
  snapshot.is_whole = false;
  EXPECT_TRUE(absl::IsAborted(store_->Apply(snapshot).status()));
  EXPECT_FALSE(SetAside());
  EXPECT_EQ(probe_.Lookup(domains_.name, "d"), "1");
}

// Damage that only shows while the snapshot is applied is no other.
TEST_F(MirrorStoreDamageTest, AMapOfSomeKeysDoesNotReplaceADamagedOne) {
  Apply(domains_, {{"d", "1"}});
  Apply(map_, {{"a", "1"}});
  Edit([](MapRecord* record) { record->sub_database = "m77"; });
  Snapshot some = Snap(map_, {{"a", "2"}});
  some.is_whole = false;
  some.maps[0].keys = {"a"};
  EXPECT_TRUE(absl::IsAborted(store_->Apply(some).status()));
  EXPECT_FALSE(SetAside());
  EXPECT_EQ(probe_.Lookup(domains_.name, "d"), "1");
  EXPECT_TRUE(Apply(map_, {{"a", "2"}}).filled);
  EXPECT_TRUE(SetAside());
}

// Damage that is found while it is tidied may leave the folder locked to this
// process.
TEST_F(MirrorStoreDamageTest,
       DamageThatWasFoundBeforeIsMendedByTheNextSnapshot) {
  Apply(map_, Numbered(0, 5000));
  std::filesystem::resize_file(DataFile(), uintmax_t{3} * 4096);
  EXPECT_EQ(store_->DropAllBut({}).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(store_->Open().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(Apply(map_, Numbered(0, 10)).filled);
  EXPECT_TRUE(SetAside());
  EXPECT_EQ(store_->Open(), absl::OkStatus());
  EXPECT_EQ(Lookup("k9"), "v");
}

TEST_F(MirrorStoreDamageTest, AMetaPageThatAsksForTooMuchIsMended) {
  Apply(map_, {{"a", "1"}});
  store_.reset();
  std::string bytes = folder_.Read("v1/data.mdb");
  for (const size_t page : {size_t{0}, size_t{4096}}) {
    bytes.replace(page + 136, 6, std::string(6, '\x7f'));
  }
  folder_.Write("v1/data.mdb", bytes);
  Restart();
  EXPECT_EQ(store_->Open().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(Apply(map_, {{"a", "2"}}).filled);
  EXPECT_EQ(Lookup("a"), "2");
}

TEST_F(MirrorStoreDamageTest, AFileThatWasCutOffUnderUsIsSetAside) {
  Apply(map_, Numbered(0, 5000));
  std::filesystem::resize_file(DataFile(), uintmax_t{3} * 4096);
  EXPECT_TRUE(Apply(map_, Numbered(0, 10)).filled);
  EXPECT_TRUE(SetAside());
  EXPECT_EQ(Lookup("k9"), "v");
  EXPECT_EQ(Lookup("k10"), "NOT FOUND");
}

TEST_F(MirrorStoreDamageTest, ARecordWithoutItsSubDatabaseIsMended) {
  Apply(map_, {{"a", "1"}});
  Edit([](MapRecord* record) { record->sub_database = "m77"; });
  EXPECT_EQ(Lookup("a"), "TEMPORARY");
  EXPECT_TRUE(Apply(map_, {{"a", "2"}}).filled);
  EXPECT_TRUE(SetAside());
  EXPECT_EQ(Lookup("a"), "2");
}

TEST_F(MirrorStoreDamageTest, AnOtherNumberOfEntriesIsMended) {
  Apply(map_, {{"a", "1"}});
  Edit([](MapRecord* record) { record->entries = 5; });
  EXPECT_TRUE(Apply(map_, {{"a", "1"}, {"b", "2"}}).filled);
  EXPECT_TRUE(SetAside());
  EXPECT_EQ(Lookup("b"), "2");
}

TEST_F(MirrorStoreDamageTest, AStoreFolderThatWasRemovedIsMadeAnew) {
  Apply(map_, {{"a", "1"}});
  std::filesystem::remove_all(folder_.File("v1"));
  EXPECT_TRUE(Apply(map_, {{"a", "1"}}).filled);
  EXPECT_EQ(Lookup("a"), "1");
}

// What a loop applied before is not in the new store: it must read again.
TEST_F(MirrorStoreDamageTest, EachStoreThatIsOpenedHasANumberOfItsOwn) {
  Apply(map_, {{"a", "1"}});
  const uint64_t first = store_->generation();
  ASSERT_EQ(store_->ClearStaleReaders().status(), absl::OkStatus());
  EXPECT_EQ(store_->generation(), first);
  std::filesystem::remove_all(folder_.File("v1"));
  ASSERT_EQ(store_->ClearStaleReaders().status(), absl::OkStatus());
  EXPECT_NE(store_->generation(), first);
}

// What was held of it is gone, and the map is held until it is back.
TEST_F(MirrorStoreDamageTest, AMapThatWasHeldIsHeldInTheNextStoreToo) {
  Apply(map_, Numbered(0, 100));
  ASSERT_TRUE(Apply(map_, Numbered(0, 30)).held.has_value());
  std::filesystem::remove_all(folder_.File("v1"));
  const MapResult result = Apply(map_, Numbered(0, 30));
  EXPECT_TRUE(result.filled);
  ASSERT_TRUE(result.held.has_value());
  EXPECT_EQ(result.held->removals, 0U);
  Restart();
  EXPECT_TRUE(Apply(map_, Numbered(0, 30)).held.has_value());
  EXPECT_FALSE(Apply(map_, Numbered(0, 100)).held.has_value());
}

TEST_F(MirrorStoreDamageTest, KeysThatWereHeldHoldTheMapInTheNextStoreToo) {
  Apply(map_, Numbered(0, 100));
  Snapshot lacking = Snap(map_, Numbered(40, 100));
  lacking.uncontained = true;
  ASSERT_TRUE(Apply(lacking)[0].held.has_value());
  std::filesystem::remove_all(folder_.File("v1"));
  const MapResult result = Apply(lacking)[0];
  EXPECT_TRUE(result.filled);
  EXPECT_TRUE(result.held.has_value());
  Restart();
  EXPECT_TRUE(Apply(map_, Numbered(40, 100)).held.has_value());
  EXPECT_FALSE(Apply(map_, Numbered(0, 100)).held.has_value());
}

// Then the status alone knows of it. Whatever order they come in.
TEST_F(MirrorStoreDamageTest, AMapThatWasHeldBeforeARestartIsHeldInTheNext) {
  for (const bool opened : {false, true}) {
    Apply(map_, Numbered(0, 100));
    ASSERT_TRUE(Apply(map_, Numbered(0, 30)).held.has_value());
    store_.reset();
    folder_.Write("v1/data.mdb", std::string(20000, 'x'));
    Restart();
    if (opened) {
      std::filesystem::remove_all(folder_.File("v1"));
      ASSERT_EQ(store_->Open(), absl::OkStatus());
    }
    store_->Restore(map_.name, {.largest = std::nullopt, .held = true});
    store_->Restore(domains_.name, {.largest = std::nullopt, .held = false});
    MapResult result = Apply(map_, Numbered(0, 30));
    EXPECT_TRUE(result.filled);
    ASSERT_TRUE(result.held.has_value());
    EXPECT_THAT(result.held->reason, HasSubstr("not known any more"));
    EXPECT_FALSE(Apply(domains_, {{"d", "1"}}).held.has_value());
    Restart();
    result = Apply(map_, Numbered(0, 30));
    ASSERT_TRUE(result.held.has_value());
    ASSERT_TRUE(AcceptHeld(result));
    EXPECT_FALSE(Apply(map_, Numbered(0, 30)).held.has_value());
    Restart();
    store_->Restore(map_.name, {.largest = std::nullopt, .held = true});
    EXPECT_FALSE(Apply(map_, Numbered(0, 30)).held.has_value())
        << "the note is newer";
  }
}

TEST_F(MirrorStoreDamageTest, TheNextStoreGetsWhatTheGuardRemembers) {
  Apply(map_, Numbered(0, 100));
  Apply(map_, Numbered(50, 100));
  std::filesystem::remove_all(folder_.File("v1"));
  ASSERT_TRUE(Apply(map_, Numbered(50, 100)).filled);
  Restart();
  EXPECT_TRUE(Apply(map_, Numbered(51, 100)).held.has_value());
}

TEST_F(MirrorStoreDamageTest, TheLogNamesBrokenMapsThatTheNextStoreLacks) {
  Apply(domains_, {{"d", "1"}});
  Apply(map_, {{"a", "1"}});
  store_.reset();
  GarbleRecord();
  Restart();
  EXPECT_FALSE(store_->Open().ok());
  logger_.Take();
  Snapshot snapshot = Snap(map_, {{"a", "2"}});
  snapshot.broken_maps = {domains_.name};
  EXPECT_TRUE(Apply(snapshot)[0].filled);
  EXPECT_THAT(
      logger_.Take(),
      ElementsAre(AllOf(HasSubstr("is damaged, set aside"),
                        HasSubstr("temporary"), HasSubstr(domains_.name))));
}

// The first fill is never held, and is the measure of what comes next.
TEST_F(MirrorStoreDamageTest, TheSizeOfADamagedStoreIsNoMeasure) {
  Apply(map_, Numbered(0, 1000));
  std::filesystem::remove_all(folder_.File("v1"));
  Apply(map_, Numbered(0, 100));
  EXPECT_FALSE(Apply(map_, Numbered(1, 100)).held.has_value());
}

// A store that cannot be opened now may hold the only copy of the maps.
TEST_F(MirrorStoreDamageTest, WhatIsNotDamageIsNotSetAside) {
  Apply(map_, {{"a", "1"}});
  store_.reset();
  std::filesystem::rename(DataFile(), folder_.File("elsewhere"));
  std::filesystem::create_directory(DataFile());
  Restart();
  EXPECT_FALSE(store_->Open().ok());
  EXPECT_FALSE(std::filesystem::exists(folder_.File("v1.damaged")));
}

// Takes every reader slot of a store, from another process.
class EverySlotTaken {
 public:
  explicit EverySlotTaken(const std::string& store) {
    EXPECT_EQ(pipe(ready_.data()), 0);
    EXPECT_EQ(pipe(done_.data()), 0);
    child_ = fork();
    if (child_ == 0) TakeSlots(store);
    char ready = 0;
    EXPECT_EQ(read(ready_[0], &ready, 1), 1);
  }
  ~EverySlotTaken() {
    EXPECT_EQ(write(done_[1], "x", 1), 1);
    waitpid(child_, nullptr, 0);
    for (const int end : {ready_[0], ready_[1], done_[0], done_[1]}) close(end);
  }

 private:
  [[noreturn]] void TakeSlots(const std::string& store) {
    const auto environment = Environment::OpenForReading(store);
    MDB_txn* transaction = nullptr;
    while (environment.ok() &&
           (*environment)->BeginReading(&transaction) == 0) {
    }
    char done = 0;
    const bool told = write(ready_[1], "x", 1) == 1;
    _exit(told && read(done_[0], &done, 1) == 1 ? 0 : 1);
  }

  std::array<int, 2> ready_ = {};
  std::array<int, 2> done_ = {};
  pid_t child_ = -1;
};

TEST_F(MirrorStoreDamageTest, AStoreWithoutAFreeReaderSlotIsNotSetAside) {
  Apply(map_, {{"a", "1"}});
  Restart();
  {
    const EverySlotTaken taken(folder_.path());
    EXPECT_EQ(store_->Open().code(), absl::StatusCode::kUnavailable);
    EXPECT_FALSE(store_->Apply(Snap(map_, {{"a", "2"}})).ok());
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.File("v1.damaged")));
  EXPECT_FALSE(Apply(map_, {{"a", "2"}}).filled);
}

}  // namespace
}  // namespace postmirror
