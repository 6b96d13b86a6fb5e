#include "sync/change_set.h"

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/sync/map_rows.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ChangeSetTest : public ::testing::Test {
 protected:
  // The difference between a store with `entries` (their bytes) and `rows`.
  ChangeSet Compare(const KeyValues& entries, const KeyValues& rows) {
    return Compare(entries, rows,
                   [&](StoreScan& scan) { return Diff(&scan, rows_, {}); });
  }

  // The same of `keys` alone.
  ChangeSet CompareKeys(const KeyValues& entries, const KeyValues& rows,
                        const std::set<std::string>& keys) {
    return Compare(entries, rows, [&](StoreScan& scan) {
      return DiffKeys(scan, rows_, {}, keys, entries.size());
    });
  }

  ChangeSet Compare(
      const KeyValues& entries, const KeyValues& rows,
      const std::function<absl::StatusOr<ChangeSet>(StoreScan&)>& diff) {
    absl::StatusOr<std::unique_ptr<StoreWriter>> writer =
        StoreWriter::Open(folder_.path());
    EXPECT_TRUE(writer.ok()) << writer.status();
    absl::StatusOr<std::unique_ptr<StoreTransaction>> transaction =
        (*writer)->Begin();
    const std::string name = *(*transaction)->CreateSubDatabase();
    for (const auto& [key, entry] : entries) {
      EXPECT_TRUE((*transaction)->Put(name, key, entry, false).ok());
    }
    EXPECT_TRUE((*transaction)->Commit().ok());
    rows_ = PackRows(rows);
    absl::StatusOr<std::unique_ptr<StoreScan>> scan = (*writer)->Scan(name);
    EXPECT_TRUE(scan.ok()) << scan.status();
    absl::StatusOr<ChangeSet> changes = diff(**scan);
    EXPECT_TRUE(changes.ok()) << changes.status();
    return *std::move(changes);
  }

  // The keys of entries that are named by their first rows.
  template <typename Numbers>
  std::vector<std::string> Keys(const Numbers& numbers) {
    std::vector<std::string> keys;
    keys.reserve(numbers.size());
    for (const uint32_t row : numbers) keys.emplace_back(rows_.row(row).key);
    return keys;
  }

  static std::vector<std::string> Removed(const ChangeSet& changes) {
    std::vector<std::string> keys;
    keys.reserve(changes.removed.size());
    for (size_t i = 0; i < changes.removed.size(); ++i) {
      keys.emplace_back(changes.removed.row(i).key);
    }
    return keys;
  }

  TemporaryFolder folder_;
  PackedRows rows_;
};

TEST_F(ChangeSetTest, TwoEmptySidesAreEqual) {
  const ChangeSet changes = Compare({}, {});
  EXPECT_TRUE(changes.empty());
  EXPECT_EQ(changes.before, 0U);
  EXPECT_EQ(changes.after, 0U);
}

TEST_F(ChangeSetTest, EqualSidesAreAnEmptyChangeSet) {
  const ChangeSet changes = Compare({{"a", "=1"}, {"b", "=2,3"}},
                                    {{"b", "2"}, {"a", "1"}, {"b", "3"}});
  EXPECT_TRUE(changes.empty());
  EXPECT_EQ(changes.before, 2U);
  EXPECT_EQ(changes.after, 2U);
}

TEST_F(ChangeSetTest, TellsAddedChangedAndRemovedKeysApart) {
  const ChangeSet changes =
      Compare({{"a", "=1"}, {"c", "=3"}, {"d", "=4"}, {"f", "=6"}},
              {{"b", "2"}, {"c", "3"}, {"d", "5"}, {"e", "1"}, {"e", "2"}});
  EXPECT_THAT(Keys(changes.added), ElementsAre("b", "e"));
  EXPECT_THAT(Keys(changes.changed), ElementsAre("d"));
  EXPECT_THAT(Removed(changes), ElementsAre("a", "f"));
  EXPECT_EQ(changes.before, 4U);
  EXPECT_EQ(changes.after, 4U);
  EXPECT_FALSE(changes.empty());
}

TEST_F(ChangeSetTest, AnEmptySnapshotRemovesEveryKey) {
  const ChangeSet changes = Compare({{"a", "=1"}, {"b", "=2"}}, {});
  EXPECT_THAT(Removed(changes), ElementsAre("a", "b"));
  EXPECT_EQ(changes.before, 2U);
  EXPECT_EQ(changes.after, 0U);
}

TEST_F(ChangeSetTest, AnEmptyMapOfTheStoreGetsEveryKey) {
  const ChangeSet changes = Compare({}, {{"b", "2"}, {"a", "1"}});
  EXPECT_THAT(Keys(changes.added), ElementsAre("a", "b"));
  EXPECT_EQ(changes.before, 0U);
  EXPECT_EQ(changes.after, 2U);
}

TEST_F(ChangeSetTest, AMapThatTheStoreDoesNotKnowGetsEveryKey) {
  rows_ = PackRows({{"a", "1"}, {"a", "2"}, {"b", "3"}});
  const absl::StatusOr<ChangeSet> changes = Diff(nullptr, rows_, {});
  ASSERT_TRUE(changes.ok());
  EXPECT_THAT(Keys(changes->added), ElementsAre("a", "b"));
  EXPECT_THAT(changes->changed, IsEmpty());
  EXPECT_EQ(changes->removed.size(), 0U);
}

TEST_F(ChangeSetTest, AValueThatBecomesTheTemporaryMarkIsChanged) {
  const ChangeSet changes = Compare({{"a", "=1"}}, {{"a", "\xff"}});
  EXPECT_THAT(Keys(changes.changed), ElementsAre("a"));
}

TEST_F(ChangeSetTest, TheOrderOfTheRowsOfAKeyCounts) {
  const ChangeSet changes = Compare({{"a", "=1,2"}}, {{"a", "2"}, {"a", "1"}});
  EXPECT_THAT(Keys(changes.changed), ElementsAre("a"));
}

TEST_F(ChangeSetTest, OfSomeKeysTheOthersStayAsTheyAre) {
  const ChangeSet changes = CompareKeys(
      {{"changed", "=1"}, {"gone", "=2"}, {"other", "=3"}, {"same", "=4"}},
      {{"changed", "9"}, {"new", "5"}, {"new", "6"}, {"same", "4"}},
      {"changed", "gone", "in neither", "new", "same"});
  EXPECT_THAT(Keys(changes.added), ElementsAre("new"));
  EXPECT_THAT(Keys(changes.changed), ElementsAre("changed"));
  EXPECT_THAT(Removed(changes), ElementsAre("gone"));
  EXPECT_EQ(changes.before, 4U);
  EXPECT_EQ(changes.after, 4U);
}

TEST_F(ChangeSetTest, OfSomeKeysNoneMayHaveRows) {
  const ChangeSet changes =
      CompareKeys({{"a", "=1"}, {"b", "=2"}}, {}, {"a", "c"});
  EXPECT_THAT(Removed(changes), ElementsAre("a"));
  EXPECT_THAT(changes.added, IsEmpty());
  EXPECT_EQ(changes.after, 1U);
}

TEST_F(ChangeSetTest, OfSomeKeysAllRowsOfAKeyAreOneEntry) {
  const ChangeSet changes =
      CompareKeys({{"a", "=1,2"}, {"b", "=1,2"}, {"c", "=3"}},
                  {{"a", "1"}, {"a", "2"}, {"b", "2"}, {"b", "1"}, {"c", "3"}},
                  {"a", "b", "c"});
  EXPECT_THAT(Keys(changes.changed), ElementsAre("b"));
  EXPECT_THAT(changes.added, IsEmpty());
  EXPECT_EQ(changes.removed.size(), 0U);
  EXPECT_EQ(changes.after, 3U);
}

TEST_F(ChangeSetTest, OfNoKeysNothingChanges) {
  const ChangeSet changes = CompareKeys({{"a", "=1"}}, {}, {});
  EXPECT_TRUE(changes.empty());
  EXPECT_EQ(changes.before, 1U);
  EXPECT_EQ(changes.after, 1U);
}

}  // namespace
}  // namespace postmirror
