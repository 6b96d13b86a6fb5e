#include "schema/store/store_scan.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "schema/store/environment.h"
#include "tests/schema/store/data_file.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

class StoreScanTest : public ::testing::Test {
 protected:
  void Open() {
    auto opened = Environment::OpenForReading(store_.path());
    ASSERT_TRUE(opened.ok()) << opened.status();
    environment_ = *std::move(opened);
  }

  // "key=entry " of all, then the code.
  std::string Scan(const std::string& sub_database) {
    const auto scan = StoreScan::Open(environment_.get(), sub_database);
    if (!scan.ok()) return CodeOf(scan.status());
    std::string text;
    for (;;) {
      const auto more = (*scan)->Next();
      if (!more.ok() || !*more) return text + CodeOf(more.status());
      absl::StrAppend(&text, (*scan)->key(), (*scan)->entry(), " ");
    }
  }

  // "key=entry " of each of the keys, or "-key ", until one cannot be read.
  std::string Find(const std::string& sub_database,
                   const std::vector<std::string>& keys) {
    const auto scan = StoreScan::Open(environment_.get(), sub_database);
    if (!scan.ok()) return CodeOf(scan.status());
    std::string text;
    for (const std::string& key : keys) {
      const auto found = (*scan)->Find(key);
      if (!found.ok()) return text + CodeOf(found.status());
      if (*found) {
        absl::StrAppend(&text, (*scan)->key(), (*scan)->entry(), " ");
      } else {
        absl::StrAppend(&text, "-", key, " ");
      }
    }
    return text;
  }

  TemporaryStore store_;
  std::unique_ptr<Environment> environment_;
};

TEST_F(StoreScanTest, GoesInTheOrderOfKeys) {
  store_.Fill({{.name = "a",
                .values = {{"b", "2"}, {"\xC3\xA9", "4"}, {"a", "1"}},
                .temporary = {"c"}}});
  Open();
  EXPECT_EQ(Scan("m1"), "a=1 b=2 c! \xC3\xA9=4 OK");
}

TEST_F(StoreScanTest, AnEmptySubDatabaseHasNoEntry) {
  store_.Fill({{.name = "a"}});
  Open();
  EXPECT_EQ(Scan("m1"), "OK");
}

TEST_F(StoreScanTest, AMissingSubDatabaseIsNotFound) {
  store_.Fill({{.name = "a"}});
  Open();
  EXPECT_EQ(Scan("m2"), "NOT_FOUND");
}

TEST_F(StoreScanTest, KeepsItsMoment) {
  store_.Fill({{.name = "a", .values = {{"a", "1"}, {"b", "2"}}}});
  Open();
  const auto scan = StoreScan::Open(environment_.get(), "m1");
  ASSERT_TRUE(scan.ok()) << scan.status();
  ASSERT_TRUE(*(*scan)->Next());
  store_.Fill({{.name = "a", .values = {}}});
  ASSERT_TRUE(*(*scan)->Next());
  EXPECT_EQ((*scan)->key(), "b");
  EXPECT_EQ((*scan)->entry(), "=2");
}

TEST_F(StoreScanTest, APageThatIsGoneIsDataLoss) {
  store_.Fill({{.name = "a", .values = ManyEntries(500, 50)}});
  Open();
  DataFile(store_.data_file()).Truncate(kMetaPages);
  EXPECT_EQ(Scan("m1"), "DATA_LOSS");
}

// LMDB hands out a long value without having looked at its pages: their want
// must strike inside the scan, not at the caller.
TEST_F(StoreScanTest, TheEndOfALongValueThatIsGoneIsDataLoss) {
  // Pages that are given back, for all but the value, which needs four that
  // follow each other.
  for (int i = 0; i < 5; ++i) {
    store_.Fill({{.name = "a", .values = ManyEntries(200, 20)}, {.name = "b"}});
  }
  const std::string value(4 * kPageBytes - 100, 'x');
  store_.Fill({{.name = "b", .values = {{"long", value}}}});
  DataFile file(store_.data_file());
  const size_t pages = file.Pages();
  ASSERT_EQ(file.Read(pages - 1)[0], 'x');
  Open();
  file.Truncate(pages - 1);
  EXPECT_EQ(Scan("m11"), "DATA_LOSS");
}

TEST_F(StoreScanTest, FindsTheEntriesOfKeysInAnyOrder) {
  store_.Fill({{.name = "a",
                .values = {{"a", "1"}, {"b", "2"}, {"bb", "3"}},
                .temporary = {"c"}}});
  Open();
  EXPECT_EQ(Find("m1", {"bb", "c", "a", "b", "b"}), "bb=3 c! a=1 b=2 b=2 ");
}

// Not the next one, which a walk would go to.
TEST_F(StoreScanTest, AKeyThatIsNotThereIsNotFoundAndTheNextOneIs) {
  store_.Fill({{.name = "a", .values = {{"b", "2"}, {"d", "4"}}}});
  Open();
  EXPECT_EQ(Find("m1", {"a", "b", "bb", "e", "d"}), "-a b=2 -bb -e d=4 ");
  EXPECT_EQ(Find("m1", {std::string(600, 'x'), "d"}),
            absl::StrCat("-", std::string(600, 'x'), " d=4 "));
}

TEST_F(StoreScanTest, AnEmptySubDatabaseHasNoKey) {
  store_.Fill({{.name = "a"}});
  Open();
  EXPECT_EQ(Find("m1", {"a"}), "-a ");
}

TEST_F(StoreScanTest, AKeyWhosePageIsGoneIsDataLoss) {
  store_.Fill({{.name = "a", .values = ManyEntries(500, 50)}});
  Open();
  DataFile(store_.data_file()).Truncate(kMetaPages);
  EXPECT_EQ(Find("m1", {"key"}), "DATA_LOSS");
}

}  // namespace
}  // namespace postmirror
