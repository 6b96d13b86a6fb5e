#include "schema/store/store_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "schema/store/environment.h"
#include "schema/store/fault_guard.h"
#include "tests/schema/store/data_file.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

class StoreWriterTest : public ::testing::Test {
 protected:
  std::string Open() const {
    return CodeOf(StoreWriter::Open(store_.path()).status());
  }

  TemporaryStore store_;
};

TEST_F(StoreWriterTest, MakesTheStore) {
  EXPECT_EQ(Open(), "OK");
  EXPECT_TRUE(std::filesystem::exists(store_.data_file()));
}

TEST_F(StoreWriterTest, OpensWhatItMade) {
  store_.Fill({{.name = "a"}});
  EXPECT_EQ(Open(), "OK");
}

TEST_F(StoreWriterTest, IsTheOnlyOneAcrossProcesses) {
  auto writer = StoreWriter::Open(store_.path());
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ(InChild([&] { return Open(); }), "ABORTED");
  EXPECT_EQ(Open(), "ABORTED");
  writer->reset();
  EXPECT_EQ(InChild([&] { return Open(); }), "OK");
}

TEST_F(StoreWriterTest, TheRefusedOneDoesNotDisturbTheOther) {
  const auto writer = StoreWriter::Open(store_.path());
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ(Open(), "ABORTED");
  EXPECT_TRUE((*writer)->CheckFiles().ok());
  EXPECT_TRUE(FillMaps({{.name = "a"}}, writer->get()).ok());
}

TEST_F(StoreWriterTest, AKilledOneLeavesNoLock) {
  EXPECT_EQ(InChild([&]() -> std::string {
              const auto writer = StoreWriter::Open(store_.path());
              const auto transaction = (*writer)->Begin();
              (*transaction)->CreateSubDatabase().status().IgnoreError();
              raise(SIGKILL);
              return "alive";
            }),
            absl::StrCat("signal ", SIGKILL));
  store_.Fill({{.name = "a"}});
}

TEST_F(StoreWriterTest, AFolderThatCannotBeMadeIsNoAbort) {
  EXPECT_EQ(CodeOf(StoreWriter::Open(store_.around() + "/no/store").status()),
            "UNAVAILABLE");
}

TEST_F(StoreWriterTest, RecordsComeBackByMapName) {
  MapRecord record;
  record.definition = "SELECT";
  record.domain = {"example.org"};
  record.unstorable_rows = 2;
  store_.Fill({{.name = "/a", .values = {{"k", "v"}}, .record = record},
               {.name = "/b"}});
  record.sub_database = "m1";
  record.entries = 1;
  const auto writer = StoreWriter::Open(store_.path());
  const auto records = (*writer)->ReadRecords();
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 2u);
  record.key_collation = "folded";
  record.collation_digest = records->at("/b").collation_digest;
  EXPECT_EQ(records->at("/a"), record);
  EXPECT_EQ(records->at("/b").sub_database, "m2");
}

TEST_F(StoreWriterTest, ADeletedRecordIsGone) {
  store_.Fill({{.name = "/a"}, {.name = "/b"}});
  const auto writer = StoreWriter::Open(store_.path());
  const auto transaction = (*writer)->Begin();
  EXPECT_TRUE((*transaction)->DeleteRecord("/a").ok());
  EXPECT_TRUE((*transaction)->Commit().ok());
  const auto records = (*writer)->ReadRecords();
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_EQ(records->count("/a"), 0u);
  EXPECT_EQ(records->count("/b"), 1u);
}

TEST_F(StoreWriterTest, ADamagedRecordIsDataLoss) {
  store_.Write([](StoreWriter* writer) {
    const auto transaction = writer->Begin();
    (*transaction)
        ->Put(kStatusSubDatabase, RecordKey("/a"), "garbage", false)
        .IgnoreError();
    return (*transaction)->Commit();
  });
  const auto writer = StoreWriter::Open(store_.path());
  EXPECT_EQ(CodeOf((*writer)->ReadRecords().status()), "DATA_LOSS");
}

TEST_F(StoreWriterTest, ADamagedNoteIsKnownToBeOne) {
  store_.Write([](StoreWriter* writer) {
    const auto transaction = writer->Begin();
    (*transaction)->PutNote("gone", "of before").IgnoreError();
    (*transaction)->PutNote("whole", "remembered").IgnoreError();
    (*transaction)->DeleteNote("gone").IgnoreError();
    (*transaction)
        ->Put(kStatusSubDatabase, NoteKey("changed"),
              "0123456789abcdefremembered", false)
        .IgnoreError();
    (*transaction)
        ->Put(kStatusSubDatabase, NoteKey("short"), "0123", false)
        .IgnoreError();
    return (*transaction)->Commit();
  });
  const auto writer = StoreWriter::Open(store_.path());
  const auto notes = (*writer)->ReadNotes();
  ASSERT_TRUE(notes.ok()) << notes.status();
  ASSERT_EQ(notes->size(), 3u);
  EXPECT_EQ(notes->at("whole"), "remembered");
  EXPECT_EQ(notes->at("changed"), std::nullopt);
  EXPECT_EQ(notes->at("short"), std::nullopt);
}

class DeadWriterTest : public StoreWriterTest {
 protected:
  // A writer that dies within LMDB, as a damaged page may make it.
  void Die() const {
    EXPECT_NE(InChild([&]() -> std::string {
                const auto writer = StoreWriter::Open(store_.path());
                void* const page = mmap(nullptr, kPageBytes, PROT_NONE,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                SurvivesFault([&] { *static_cast<volatile char*>(page) = 1; });
                return "survived";
              }),
              "survived");
  }

  void ForgetDeaths() const {
    store_.Write([](StoreWriter* writer) {
      writer->ForgetDeaths();
      return absl::OkStatus();
    });
  }
};

TEST_F(DeadWriterTest, TheSecondThatDiesOfAStoreSaysThatItIsDamaged) {
  store_.Fill({{.name = "a"}});
  Die();
  EXPECT_EQ(Open(), "OK");
  Die();
  EXPECT_EQ(Open(), "DATA_LOSS");
  EXPECT_TRUE(std::filesystem::exists(store_.data_file()));
  ASSERT_EQ(CodeOf(StoreWriter::SetAside(store_.path())), "OK");
  EXPECT_EQ(Open(), "OK");
}

TEST_F(DeadWriterTest, OneThatWritesBetweenForgetsTheOthers) {
  store_.Fill({{.name = "a"}});
  Die();
  ForgetDeaths();
  Die();
  EXPECT_EQ(Open(), "OK");
}

TEST_F(DeadWriterTest, AKilledOneDidNotDieOfTheStore) {
  store_.Fill({{.name = "a"}});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(InChild([&]() -> std::string {
                const auto writer = StoreWriter::Open(store_.path());
                SurvivesFault([] { kill(getpid(), SIGKILL); });
                return "survived";
              }),
              "signal 9");
  }
  EXPECT_EQ(Open(), "OK");
}

TEST_F(StoreWriterTest, SetAsideMakesRoomForANewStore) {
  store_.Fill({{.name = "a"}});
  std::ofstream(store_.folder() + "/first") << "1";
  EXPECT_EQ(CodeOf(StoreWriter::SetAside(store_.path())), "OK");
  EXPECT_FALSE(std::filesystem::exists(store_.folder()));
  EXPECT_TRUE(std::filesystem::exists(store_.folder() + ".damaged/first"));
  const auto writer = StoreWriter::Open(store_.path());
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_TRUE((*writer)->ReadRecords()->empty());
}

TEST_F(StoreWriterTest, SetAsideTakesThePlaceOfTheEarlierOne) {
  store_.Fill({{.name = "a"}});
  std::ofstream(store_.folder() + "/first") << "1";
  ASSERT_EQ(CodeOf(StoreWriter::SetAside(store_.path())), "OK");
  store_.Fill({{.name = "a"}});
  ASSERT_EQ(CodeOf(StoreWriter::SetAside(store_.path())), "OK");
  EXPECT_TRUE(std::filesystem::exists(store_.folder() + ".damaged/data.mdb"));
  EXPECT_FALSE(std::filesystem::exists(store_.folder() + ".damaged/first"));
}

TEST_F(StoreWriterTest, SetAsideOfNothingFails) {
  EXPECT_EQ(CodeOf(StoreWriter::SetAside(store_.path())), "UNAVAILABLE");
}

TEST_F(StoreWriterTest, CheckFilesSeesThatTheStoreIsGone) {
  const auto writer = StoreWriter::Open(store_.path());
  EXPECT_EQ(CodeOf((*writer)->CheckFiles()), "OK");
  std::filesystem::remove_all(store_.folder());
  EXPECT_EQ(CodeOf((*writer)->CheckFiles()), "UNAVAILABLE");
}

TEST_F(StoreWriterTest, ClearsTheSlotOfAKilledReader) {
  store_.Fill({{.name = "a"}});
  ASSERT_EQ(InChild([&]() -> std::string {
              const auto reader = Environment::OpenForReading(store_.path());
              MDB_txn* transaction = nullptr;
              (*reader)->BeginReading(&transaction);
              raise(SIGKILL);
              return "alive";
            }),
            absl::StrCat("signal ", SIGKILL));
  // Somebody has the lock file open meanwhile, or LMDB would begin it anew.
  const auto writer = StoreWriter::Open(store_.path());
  EXPECT_EQ((*writer)->ClearStaleReaders().value_or(-1), 0);
  ASSERT_EQ(InChild([&]() -> std::string {
              const auto reader = Environment::OpenForReading(store_.path());
              MDB_txn* transaction = nullptr;
              (*reader)->BeginReading(&transaction);
              raise(SIGKILL);
              return "alive";
            }),
            absl::StrCat("signal ", SIGKILL));
  EXPECT_EQ((*writer)->ClearStaleReaders().value_or(-1), 1);
  EXPECT_EQ((*writer)->ClearStaleReaders().value_or(-1), 0);
}

}  // namespace
}  // namespace postmirror
