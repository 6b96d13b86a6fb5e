#include "schema/store/tree_search.h"

#include <gtest/gtest.h>
#include <lmdb.h>

#include <string>

#include "schema/store/environment.h"
#include "schema/store/fault_guard.h"
#include "tests/schema/store/data_file.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

class TreeSearchTest : public ::testing::Test {
 protected:
  // Odd keys of a tree of several pages, so that each even one is missing
  // between two neighbours.
  void Fill(size_t count) {
    for (const auto& [key, value] : ManyEntries(2 * count, 50)) {
      if ((key.back() - '0') % 2 == 1) entries_[key] = value;
    }
    store_.Fill({{.name = "a", .values = entries_}});
  }

  void Open() {
    environment_ = *Environment::OpenForReading(store_.path());
    handle_ = *environment_->SubDatabase("m1");
    ASSERT_EQ(environment_->BeginReading(&transaction_), MDB_SUCCESS);
    std::string name = "m1";
    MDB_val key = {name.size(), name.data()};
    MDB_val tree = {0, nullptr};
    ASSERT_EQ(mdb_get(transaction_, 1, &key, &tree), MDB_SUCCESS);
    file_ = FindMappedFile(environment_->get(), tree.mv_data);
  }

  void TearDown() override {
    if (transaction_ != nullptr) mdb_txn_abort(transaction_);
  }

  int Search(const std::string& key) { return Search(key, entries_.size()); }

  int Search(const std::string& key, uint64_t entries) {
    MDB_cursor* cursor = nullptr;
    int code = MDB_SUCCESS;
    const bool survived = SurvivesFault([&] {
      code = mdb_cursor_open(transaction_, handle_, &cursor);
      MDB_val found = {0, nullptr};
      if (code == MDB_SUCCESS) {
        code = SearchTree(cursor, file_, entries, key, &found);
      }
    });
    mdb_cursor_close(cursor);
    return survived ? code : MDB_PANIC;
  }

  TemporaryStore store_;
  Entries entries_;
  std::unique_ptr<Environment> environment_;
  MDB_txn* transaction_ = nullptr;
  unsigned handle_ = 0;
  MappedFile file_;
};

TEST_F(TreeSearchTest, FindsEachKeyAndMissesAllBetween) {
  Fill(1000);
  Open();
  for (const auto& [key, value] : ManyEntries(2000, 1)) {
    EXPECT_EQ(Search(key),
              entries_.count(key) == 1 ? MDB_SUCCESS : MDB_NOTFOUND)
        << key;
  }
}

TEST_F(TreeSearchTest, MissesBeforeTheFirstAndBehindTheLast) {
  Fill(1000);
  Open();
  EXPECT_EQ(Search("a"), MDB_NOTFOUND);
  EXPECT_EQ(Search("z"), MDB_NOTFOUND);
  EXPECT_EQ(Search("\xff"), MDB_NOTFOUND);
  // Bytes are compared without sign, a prefix comes first.
  EXPECT_EQ(Search("key000001\xff"), MDB_NOTFOUND);
  EXPECT_EQ(Search("key00000"), MDB_NOTFOUND);
}

TEST_F(TreeSearchTest, AnEmptyTreeHasNoNeighbours) {
  Fill(0);
  Open();
  EXPECT_EQ(Search("k", 0), MDB_NOTFOUND);
  EXPECT_EQ(Search("k", 1), MDB_CORRUPTED);
}

TEST_F(TreeSearchTest, OneEntryHasAllMissesBesideIt) {
  Fill(1);
  Open();
  EXPECT_EQ(Search("key000001"), MDB_SUCCESS);
  EXPECT_EQ(Search("key000000"), MDB_NOTFOUND);
  EXPECT_EQ(Search("key000002"), MDB_NOTFOUND);
}

// What a write that went astray leaves: a leaf in another's place, sound in
// itself.
TEST_F(TreeSearchTest, ALeafInAnothersPlaceIsDamage) {
  Fill(1000);
  DataFile file(store_.data_file());
  const size_t right = file.FindLeaf("key000501");
  const size_t other = file.FindLeaf("key001501");
  ASSERT_NE(right, 0u);
  ASSERT_NE(other, 0u);
  file.Overwrite(right, file.Read(other));
  Open();
  EXPECT_EQ(Search("key000501"), MDB_CORRUPTED);
  EXPECT_EQ(Search("key000502"), MDB_CORRUPTED);
}

TEST_F(TreeSearchTest, ALeafThatForgotItsKeysIsDamage) {
  Fill(1000);
  DataFile file(store_.data_file());
  file.ForgetKeys(file.FindLeaf("key000501"));
  Open();
  EXPECT_NE(Search("key000501"), MDB_NOTFOUND);
  EXPECT_NE(Search("key000502"), MDB_NOTFOUND);
}

}  // namespace
}  // namespace postmirror
