#include "schema/store/reader_table.h"

#include <gtest/gtest.h>
#include <lmdb.h>
#include <sched.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "schema/store/environment.h"
#include "schema/store/fault_guard.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

constexpr char kNoNamespaces[] = "no namespaces of processes here";

// Runs `act` as the first process of a container.
std::string InContainer(absl::FunctionRef<std::string()> act) {
  return InChild([&]() -> std::string {
    if (unshare(CLONE_NEWPID) != 0) return kNoNamespaces;
    return InChild(act);
  });
}

absl::StatusOr<std::unique_ptr<Environment>> OpenAsWriter(
    absl::string_view store) {
  return Environment::OpenForWriting(store, nullptr);
}

// "waits", or "reads", for each slot of the process.
std::string SlotsOf(pid_t pid, const Environment& environment) {
  std::string text;
  SurvivesFault([&] {
    for (const ReaderSlot& slot : ReadReaderTable(environment.get())) {
      if (slot.pid != pid) continue;
      absl::StrAppend(&text, slot.commit.has_value() ? "reads " : "waits ");
    }
  });
  return text;
}

class ReaderTableTest : public ::testing::Test {
 protected:
  ReaderTableTest() { Fill("a"); }

  void Fill(const std::string& value) const {
    store_.Fill({{.name = "a", .values = {{"key", value}}}});
  }

  // Begins to read, in a reader that is not closed.
  MDB_txn* Read(Environment* environment) const {
    MDB_txn* transaction = nullptr;
    SurvivesFault([&] { environment->BeginReading(&transaction); });
    return transaction;
  }

  TemporaryStore store_;
};

TEST_F(ReaderTableTest, SaysWhoReadsAndWhoWaits) {
  const auto environment = Environment::OpenForReading(store_.path());
  ASSERT_TRUE(environment.ok()) << environment.status();
  EXPECT_EQ(SlotsOf(getpid(), **environment), "");
  MDB_txn* const transaction = Read(environment->get());
  EXPECT_EQ(SlotsOf(getpid(), **environment), "reads ");
  mdb_txn_reset(transaction);
  EXPECT_EQ(SlotsOf(getpid(), **environment), "waits ");
  mdb_txn_abort(transaction);
}

// A container that is started again after its proxy was killed in a lookup.
TEST_F(ReaderTableTest, WhatAProcessOfOurNumberLeftIsCleared) {
  // LMDB clears all of it where nobody has the store open.
  const auto holder = Environment::OpenForReading(store_.path());
  ASSERT_TRUE(holder.ok()) << holder.status();
  for (const auto open : {Environment::OpenForReading, OpenAsWriter}) {
    const std::string killed = InContainer([&]() -> std::string {
      const auto environment = Environment::OpenForReading(store_.path());
      if (!environment.ok()) return environment.status().ToString();
      Read(environment->get());
      _exit(9);
    });
    if (killed == kNoNamespaces) GTEST_SKIP() << killed;
    ASSERT_EQ(killed, "exit 9");
    ASSERT_EQ(SlotsOf(1, **holder), "reads ");
    EXPECT_EQ(InContainer([&]() -> std::string {
                const auto environment = open(store_.path());
                if (!environment.ok()) return environment.status().ToString();
                return absl::StrCat("now: ", SlotsOf(1, **environment));
              }),
              "now: ");
  }
}

TEST_F(ReaderTableTest, TheWriterNamesWhoIsAtAFormerCommit) {
  const auto environment = Environment::OpenForReading(store_.path());
  ASSERT_TRUE(environment.ok()) << environment.status();
  MDB_txn* const transaction = Read(environment->get());
  const pid_t reader = getpid();
  const auto late = [&] {
    return InChild([&]() -> std::string {
      const auto writer = StoreWriter::Open(store_.path());
      if (!writer.ok()) return writer.status().ToString();
      const auto readers = (*writer)->LateReaders();
      if (!readers.ok()) return readers.status().ToString();
      std::string text = "late:";
      for (const ReaderSlot& each : *readers) {
        absl::StrAppend(&text, each.pid == reader ? " this" : " another");
      }
      return text;
    });
  };
  EXPECT_EQ(late(), "late:");
  Fill("b");
  EXPECT_EQ(late(), "late: this");
  mdb_txn_reset(transaction);
  EXPECT_EQ(late(), "late:");
  mdb_txn_abort(transaction);
}

}  // namespace
}  // namespace postmirror
