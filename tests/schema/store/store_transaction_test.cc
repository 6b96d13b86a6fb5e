#include "schema/store/store_transaction.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/schema/store/data_file.h"
#include "tests/schema/store/private_mounts.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

// What a reader would see: "map: sub-database: keys" of each map.
std::string Contents(StoreWriter* writer) {
  const auto records = writer->ReadRecords();
  if (!records.ok()) return CodeOf(records.status());
  std::vector<std::string> maps;
  for (const auto& [name, record] : *records) {
    const auto scan = writer->Scan(record.sub_database);
    if (!scan.ok()) return CodeOf(scan.status());
    std::string text = absl::StrCat(name, ":", record.sub_database, ":");
    for (;;) {
      const auto more = (*scan)->Next();
      if (!more.ok()) return CodeOf(more.status());
      if (!*more) break;
      absl::StrAppend(&text, " ", (*scan)->key(), (*scan)->entry());
    }
    maps.push_back(std::move(text));
  }
  return absl::StrJoin(maps, "; ");
}

// Fills a new sub-database that takes many pages.
absl::Status PutMany(StoreWriter* writer) {
  const auto transaction = writer->Begin();
  if (!transaction.ok()) return transaction.status();
  const auto name = (*transaction)->CreateSubDatabase();
  absl::Status status = name.status();
  for (int i = 0; status.ok() && i < 1000; ++i) {
    status = (*transaction)->Put(*name, absl::StrCat(i), "=value", false);
  }
  return status.ok() ? (*transaction)->Commit() : status;
}

class StoreTransactionTest : public ::testing::Test {
 protected:
  // Runs `act` on the open writer, in a process of its own.
  template <typename Act>
  std::string With(Act act) const {
    return InChild([&]() -> std::string {
      const auto writer = StoreWriter::Open(store_.path());
      if (!writer.ok()) return writer.status().ToString();
      return act(writer->get());
    });
  }

  TemporaryStore store_;
};

TEST_F(StoreTransactionTest, IsSeenAtCommitAsAWhole) {
  EXPECT_EQ(With([](StoreWriter* writer) {
              const auto transaction = writer->Begin();
              const std::string name = *(*transaction)->CreateSubDatabase();
              (*transaction)->Put(name, "k", "=v", true).IgnoreError();
              const StoredCollation collation = MakeStoredCollation(
                  {.name = "any", .ranges = {}, .sequences = {}});
              (*transaction)->PutCollation(collation).IgnoreError();
              MapRecord record;
              record.sub_database = name;
              record.collation_digest = collation.digest;
              (*transaction)->PutRecord("a", record).IgnoreError();
              const std::string before = Contents(writer);
              const std::string code = CodeOf((*transaction)->Commit());
              return absl::StrCat("[", before, "] ", code, " [",
                                  Contents(writer), "]");
            }),
            "[] OK [a:m1: k=v]");
}

TEST_F(StoreTransactionTest, DestroyedItIsNothing) {
  store_.Fill({{.name = "a", .values = {{"k", "v"}}}});
  EXPECT_EQ(With([](StoreWriter* writer) {
              {
                const auto transaction = writer->Begin();
                (*transaction)->Put("m1", "k", "=w", false).IgnoreError();
                (*transaction)->Put("m1", "l", "=w", false).IgnoreError();
                (*transaction)->DeleteRecord("a").IgnoreError();
                (*transaction)->CreateSubDatabase().status().IgnoreError();
              }
              return Contents(writer);
            }),
            "a:m1: k=v");
  EXPECT_EQ(With(Contents), "a:m1: k=v");
}

TEST_F(StoreTransactionTest, ADroppedSubDatabaseComesBackIfItIsDestroyed) {
  store_.Fill({{.name = "a", .values = {{"k", "v"}}}});
  EXPECT_EQ(With([](StoreWriter* writer) {
              {
                const auto transaction = writer->Begin();
                (*transaction)->DropSubDatabase("m1").IgnoreError();
                const auto m2 = (*transaction)->CreateSubDatabase();
                (*transaction)->Put(*m2, "other", "=x", true).IgnoreError();
              }
              return Contents(writer);
            }),
            "a:m1: k=v");
}

TEST_F(StoreTransactionTest, PutReplacesAndDeleteRemoves) {
  store_.Fill({{.name = "a", .values = {{"k", "v"}, {"l", "v"}}}});
  store_.Write([](StoreWriter* writer) {
    const auto transaction = writer->Begin();
    (*transaction)->Put("m1", "k", "=w", false).IgnoreError();
    (*transaction)->Delete("m1", "l").IgnoreError();
    return (*transaction)->Commit();
  });
  EXPECT_EQ(With(Contents), "a:m1: k=w");
}

TEST_F(StoreTransactionTest, NamesOfSubDatabasesAreNeverUsedAgain) {
  const auto create_and_drop = [](StoreWriter* writer) {
    const auto transaction = writer->Begin();
    const std::string first = *(*transaction)->CreateSubDatabase();
    const std::string second = *(*transaction)->CreateSubDatabase();
    (*transaction)->DropSubDatabase(first).IgnoreError();
    (*transaction)->DropSubDatabase(second).IgnoreError();
    return absl::StrCat(first, " ", second, " ",
                        CodeOf((*transaction)->Commit()));
  };
  EXPECT_EQ(With(create_and_drop), "m1 m2 OK");
  EXPECT_EQ(With(create_and_drop), "m3 m4 OK");
}

TEST_F(StoreTransactionTest, ManyMoreSubDatabasesThanHandles) {
  EXPECT_EQ(With([](StoreWriter* writer) {
              const auto transaction = writer->Begin();
              std::string last = "none";
              for (int i = 0; i < 1100; ++i) {
                const auto name = (*transaction)->CreateSubDatabase();
                if (!name.ok()) return name.status().ToString();
                if (i > 0) (*transaction)->DropSubDatabase(last).IgnoreError();
                last = *name;
              }
              return last;
            }),
            "m1100");
}

TEST_F(StoreTransactionTest, KeysThatLmdbCannotHoldAreTheCallersFault) {
  store_.Fill({{.name = "a", .values = {{"m", "v"}}}});
  const auto put = [&](const std::string& key, bool append) {
    return With([&](StoreWriter* writer) {
      const auto transaction = writer->Begin();
      return CodeOf((*transaction)->Put("m1", key, "=v", append));
    });
  };
  EXPECT_EQ(put("", false), "INVALID_ARGUMENT");
  EXPECT_EQ(put(std::string(511, 'k'), false), "OK");
  EXPECT_EQ(put(std::string(512, 'k'), false), "INVALID_ARGUMENT");
  EXPECT_EQ(put("a", true), "INVALID_ARGUMENT");
  EXPECT_EQ(put("z", true), "OK");
}

TEST_F(StoreTransactionTest, AMapNameThatLmdbCannotHoldIsTheCallersFault) {
  EXPECT_EQ(
      With([](StoreWriter* writer) {
        const auto transaction = writer->Begin();
        return absl::StrCat(
            CodeOf(
                (*transaction)->PutRecord(std::string(507, 'n'), MapRecord())),
            " ",
            CodeOf(
                (*transaction)->PutRecord(std::string(508, 'n'), MapRecord())));
      }),
      "OK INVALID_ARGUMENT");
}

TEST_F(StoreTransactionTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(With([](StoreWriter* writer) {
              const auto transaction = writer->Begin();
              return absl::StrCat(
                  CodeOf((*transaction)->Put("m7", "k", "=v", false)), " ",
                  CodeOf((*transaction)->Delete("status", "k")), " ",
                  CodeOf((*transaction)->DeleteRecord("a")), " ",
                  CodeOf((*transaction)->DropSubDatabase("m7")));
            }),
            "NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND");
}

TEST_F(StoreTransactionTest, AfterCommitItIsOver) {
  store_.Fill({{.name = "a", .values = {{"k", "v"}}}});
  EXPECT_EQ(With([](StoreWriter* writer) {
              const auto transaction = writer->Begin();
              (*transaction)->Commit().IgnoreError();
              return absl::StrCat(
                  CodeOf((*transaction)->Put("m1", "k", "=w", false)), " ",
                  CodeOf((*transaction)->Commit()));
            }),
            "UNAVAILABLE UNAVAILABLE");
}

TEST_F(StoreTransactionTest, WithoutAChangeItWritesNothing) {
  store_.Fill({{.name = "a", .values = {{"k", "v"}}}});
  const DataFile file(store_.data_file());
  const uint64_t last = file.LastTransaction();
  ASSERT_GT(last, 0u);
  store_.Write([](StoreWriter* writer) {
    writer->ReadRecords().status().IgnoreError();
    (*writer->Scan("m1"))->Next().status().IgnoreError();
    return (*writer->Begin())->Commit();
  });
  EXPECT_EQ(file.LastTransaction(), last);
  store_.Fill({{.name = "a"}});
  EXPECT_GT(file.LastTransaction(), last);
}

// A disk that has no room for one more page.
TEST_F(StoreTransactionTest, OnAFullDiskTheStoreStaysAsItWas) {
  ASSERT_TRUE(std::filesystem::create_directory(store_.path()));
  const std::string answer = InChild([&]() -> std::string {
    if (!MountSmallDisk(store_.path(), "1m")) return kNoMounts;
    const auto writer = StoreWriter::Open(store_.path());
    if (!writer.ok()) return writer.status().ToString();
    FillMaps({{.name = "a", .values = {{"k", "v"}}}}, writer->get())
        .IgnoreError();
    const std::string ballast = store_.path() + "/ballast";
    std::ofstream(ballast) << std::string(size_t{2} << 20, 'x') << std::flush;
    const FilledMap large = {.name = "a", .values = ManyEntries(2000, 50)};
    std::string text = CodeOf(FillMaps({large}, writer->get()));
    absl::StrAppend(&text, " [", Contents(writer->get()), "] ");
    std::filesystem::remove(ballast);
    absl::StrAppend(&text, CodeOf((*writer)->CheckFiles()), " ");
    const FilledMap small = {.name = "b", .values = {{"l", "w"}}};
    absl::StrAppend(&text, CodeOf(FillMaps({small}, writer->get())));
    absl::StrAppend(&text, " [", Contents(writer->get()), "]");
    return text;
  });
  if (answer == kNoMounts) GTEST_SKIP() << answer;
  EXPECT_EQ(answer,
            "RESOURCE_EXHAUSTED [a:m1: k=v] OK OK [a:m1: k=v; b:m2: l=w]");
}

// The same where mounts cannot be had: a limit on files stands for the disk.
TEST_F(StoreTransactionTest, BeyondTheLimitOfFilesTheStoreStaysAsItWas) {
  store_.Fill({{.name = "a", .values = {{"k", "v"}}}});
  EXPECT_EQ(
      With([&](StoreWriter* writer) {
        signal(SIGXFSZ, SIG_IGN);
        const rlim_t size = std::filesystem::file_size(store_.data_file());
        rlimit limit = {.rlim_cur = size, .rlim_max = RLIM_INFINITY};
        setrlimit(RLIMIT_FSIZE, &limit);
        const FilledMap large = {.name = "a", .values = ManyEntries(2000, 50)};
        std::string text = CodeOf(FillMaps({large}, writer));
        absl::StrAppend(&text, " [", Contents(writer), "] ");
        limit.rlim_cur = RLIM_INFINITY;
        setrlimit(RLIMIT_FSIZE, &limit);
        absl::StrAppend(&text, CodeOf(FillMaps({large}, writer)));
        return text;
      }),
      "RESOURCE_EXHAUSTED [a:m1: k=v] OK");
}

// Damage met in the middle of a change: LMDB holds its writers' lock then, and
// must be neither aborted nor waited for.
class DamagedTransactionTest : public StoreTransactionTest {
 protected:
  void SetUp() override {
    store_.Fill({{.name = "a", .values = ManyEntries(500, 50)}});
  }

  void CutOff() const { DataFile(store_.data_file()).Truncate(kMetaPages); }

  // Loses a page below the writer, in a transaction; the code of its Put.
  std::string PutIntoLostPages(StoreWriter* writer) const {
    const auto transaction = writer->Begin();
    CutOff();
    return CodeOf((*transaction)->Put("m1", "key000250", "=w", false));
  }
};

TEST_F(DamagedTransactionTest, IsDataLossAndTheStoreCanBeSetAside) {
  EXPECT_EQ(InChild([&] {
              auto writer = *StoreWriter::Open(store_.path());
              std::string text = PutIntoLostPages(writer.get());
              absl::StrAppend(&text, " ", CodeOf(writer->CheckFiles()), " ",
                              CodeOf(writer->Begin().status()));
              writer.reset();
              absl::StrAppend(&text, " ",
                              CodeOf(StoreWriter::SetAside(store_.path())));
              writer = *StoreWriter::Open(store_.path());
              const FilledMap anew = {.name = "b", .values = {{"k", "v"}}};
              absl::StrAppend(&text, " ",
                              CodeOf(FillMaps({anew}, writer.get())));
              absl::StrAppend(&text, " ", Contents(writer.get()));
              return text;
            }),
            "DATA_LOSS UNAVAILABLE UNAVAILABLE OK OK b:m1: k=v");
}

TEST_F(DamagedTransactionTest, IsNotWaitedForInTheSameProcess) {
  EXPECT_EQ(InChild([&] {
              auto writer = *StoreWriter::Open(store_.path());
              std::string text = PutIntoLostPages(writer.get());
              writer.reset();
              return absl::StrCat(
                  text, " ", CodeOf(StoreWriter::Open(store_.path()).status()));
            }),
            "DATA_LOSS UNAVAILABLE");
}

TEST_F(DamagedTransactionTest, TheNextProcessFindsTheDamage) {
  EXPECT_EQ(With([&](StoreWriter* writer) { return PutIntoLostPages(writer); }),
            "DATA_LOSS");
  EXPECT_EQ(InChild([&] {
              return CodeOf(StoreWriter::Open(store_.path()).status());
            }),
            "DATA_LOSS");
}

TEST_F(DamagedTransactionTest, EndsWellInDropAndCommitToo) {
  EXPECT_EQ(With([&](StoreWriter* writer) {
              const auto transaction = writer->Begin();
              CutOff();
              return CodeOf((*transaction)->DropSubDatabase("m1"));
            }),
            "DATA_LOSS");
}

// A meta page that was damaged under the writer says that the map is full, or
// too small. Only to open the store again shows what it is.
TEST_F(StoreTransactionTest, AStoreThatOutgrowsTheMapIsToBeOpenedAgain) {
  constexpr uint64_t kMapPages = (uint64_t{256} << 30) / kPageBytes;
  EXPECT_EQ(With([](StoreWriter* writer) { return CodeOf(PutMany(writer)); }),
            "OK");
  DataFile file(store_.data_file());
  const uint64_t before = file.LastPage();
  const auto put_with = [&](uint64_t last_page) {
    std::string codes = With([&](StoreWriter* writer) {
      file.SetLastPage(last_page);
      const std::string put = CodeOf(PutMany(writer));
      return absl::StrCat(put, " ", CodeOf(writer->CheckFiles()));
    });
    file.SetLastPage(before);
    return codes;
  };
  EXPECT_EQ(put_with(kMapPages - 2), "RESOURCE_EXHAUSTED UNAVAILABLE");
  EXPECT_EQ(put_with(kMapPages * 2), "UNAVAILABLE UNAVAILABLE");
}

}  // namespace
}  // namespace postmirror
