// A damaged data.mdb below a reader: temporary or right, never a crash, and
// never "not found" for a key that the store held.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/schema/store/data_file.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

constexpr size_t kEntries = 2000;

std::string Key(size_t i) { return absl::StrFormat("key%06d", i); }

class StoreDamageTest : public LookupFixture {
 protected:
  void SetUp() override {
    entries_ = ManyEntries(kEntries, 50);
    entries_["long"] = std::string(3 * kPageBytes, 'x');
    Fill();
    ASSERT_EQ(Refresh(), "OK");
    ASSERT_EQ(Look(Key(7)), entries_[Key(7)]);
  }

  void Fill() { store_.Fill({{.name = kMap, .values = entries_}}); }

  // What sync does on damage.
  void SetAsideAndFill() {
    ASSERT_EQ(
        InChild([&] { return CodeOf(StoreWriter::SetAside(store_.path())); }),
        "OK");
    Fill();
  }

  // Looks up many keys; "" if each is found right or temporary, and counts the
  // temporary ones. A long value stands in pages of its own, whose bytes LMDB
  // cannot check: that one is just not "not found".
  std::string FirstWrong() {
    temporary_ = 0;
    for (size_t i = 0; i < kEntries; i += 7) {
      const std::string answer = Look(Key(i));
      if (answer == "TEMP") {
        ++temporary_;
      } else if (answer != entries_[Key(i)]) {
        return absl::StrCat(Key(i), ": ", answer);
      }
    }
    return Look("long") == "NOTFOUND" ? "long" : "";
  }

  size_t temporary() const { return temporary_; }

  std::string OpenToWrite() {
    return InChild(
        [&] { return CodeOf(StoreWriter::Open(store_.path()).status()); });
  }

  std::string OpenToRead() {
    return InChild(
        [&] { return CodeOf(StoreReader(store_.path()).Refresh()); });
  }

  void ExpectHealedByAFill() {
    SetAsideAndFill();
    EXPECT_EQ(Refresh(), "OK");
    EXPECT_EQ(FirstWrong(), "");
    EXPECT_EQ(temporary(), 0u);
    EXPECT_EQ(Look("other"), "NOTFOUND");
  }

  Entries entries_;

 private:
  size_t temporary_ = 0;
};

TEST_F(StoreDamageTest, AFileCutOffUnderAViewIsTemporary) {
  DataFile file(store_.data_file());
  view_.Begin();
  EXPECT_EQ(LookHere(Key(7)), entries_[Key(7)]);
  file.Truncate(kMetaPages);
  // More than once, and within one moment.
  for (size_t i = 0; i < kEntries; i += 100) {
    EXPECT_EQ(LookHere(Key(i)), "TEMP");
  }
  view_.End();
  EXPECT_EQ(Look("other"), "TEMP");
  EXPECT_EQ(Refresh(), "DATA_LOSS");
  EXPECT_EQ(Look(Key(7)), "TEMP");
  ExpectHealedByAFill();
}

TEST_F(StoreDamageTest, AFileCutOffBetweenMomentsIsTemporary) {
  DataFile(store_.data_file()).Truncate(kMetaPages);
  EXPECT_EQ(Look(Key(7)), "TEMP");
  EXPECT_EQ(Look("other"), "TEMP");
  EXPECT_EQ(Refresh(), "DATA_LOSS");
  ExpectHealedByAFill();
}

TEST_F(StoreDamageTest, AFileEmptiedIsTemporary) {
  std::filesystem::resize_file(store_.data_file(), 0);
  EXPECT_EQ(Look(Key(7)), "TEMP");
  EXPECT_EQ(Look("other"), "TEMP");
  EXPECT_NE(Refresh(), "OK");
  EXPECT_EQ(Look(Key(7)), "TEMP");
  ExpectHealedByAFill();
}

TEST_F(StoreDamageTest, AFileCutOffAnywhereIsTemporaryOrRight) {
  DataFile file(store_.data_file());
  for (size_t pages = file.Pages() - 1; pages > kMetaPages; pages -= 3) {
    file.Truncate(pages);
    EXPECT_EQ(FirstWrong(), "") << pages;
    Refresh();
    EXPECT_EQ(FirstWrong(), "") << pages;
  }
  EXPECT_GT(temporary(), 0u);
  ExpectHealedByAFill();
}

TEST_F(StoreDamageTest, GarbageInsteadOfTheFileIsTemporary) {
  DataFile file(store_.data_file());
  for (const char byte : {'\0', '\xff', 'x'}) {
    file.Overwrite(0, std::string(file.Pages() * kPageBytes, byte));
    EXPECT_EQ(Look(Key(7)), "TEMP");
    EXPECT_EQ(Look("other"), "TEMP");
    EXPECT_EQ(Refresh() == "OK" ? Look(Key(7)) : "TEMP", "TEMP");
    ExpectHealedByAFill();
  }
}

TEST_F(StoreDamageTest, GarbageBehindTheMetaPagesIsTemporary) {
  DataFile file(store_.data_file());
  for (const char byte : {'\0', '\xff', 'x'}) {
    file.Overwrite(kMetaPages,
                   std::string((file.Pages() - kMetaPages) * kPageBytes, byte));
    EXPECT_EQ(Look(Key(7)), "TEMP");
    EXPECT_EQ(Look("other"), "TEMP");
    ExpectHealedByAFill();
  }
}

// What a meta page asks for decides how LMDB maps the file, and divides.
TEST_F(StoreDamageTest, AMetaPageThatAsksForTooMuchIsDamage) {
  DataFile file(store_.data_file());
  // More than any address space; more than the map, by a page; not a number.
  for (const uint64_t last_page :
       {uint64_t{0x7fffffffffff}, (uint64_t{256} << 30) / kPageBytes,
        ~uint64_t{0}}) {
    file.SetLastPage(last_page);
    EXPECT_EQ(OpenToWrite(), "DATA_LOSS") << last_page;
    EXPECT_EQ(OpenToRead(), "DATA_LOSS") << last_page;
    ExpectHealedByAFill();
  }
}

TEST_F(StoreDamageTest, AMetaPageWithAnotherPageSizeIsDamage) {
  DataFile file(store_.data_file());
  for (const uint32_t bytes : {0U, 1U, 4095U, 1U << 31}) {
    file.SetPageBytes(bytes);
    EXPECT_EQ(OpenToWrite(), "DATA_LOSS") << bytes;
    EXPECT_EQ(OpenToRead(), "DATA_LOSS") << bytes;
    ExpectHealedByAFill();
  }
}

// One page at a time, of each kind.
class DamagedPageTest : public StoreDamageTest {
 protected:
  // Puts `bytes` into each page in turn, and looks up through a new reader each
  // time, as after a restart of the proxy.
  void ExpectNoWrongAnswer(const std::string& bytes) {
    DataFile file(store_.data_file());
    size_t temporary = 0;
    for (size_t page = kMetaPages; page < file.Pages(); ++page) {
      const std::string before = file.Read(page);
      file.Overwrite(page, bytes);
      EXPECT_EQ(FirstWrong(), "") << "page " << page;
      temporary += this->temporary();
      Refresh();
      EXPECT_EQ(FirstWrong(), "") << "page " << page;
      file.Overwrite(page, before);
      Refresh();
    }
    // The pages that were damaged were in use.
    EXPECT_GT(temporary, kEntries / 7);
    EXPECT_EQ(FirstWrong(), "");
    EXPECT_EQ(this->temporary(), 0u);
  }
};

TEST_F(DamagedPageTest, OfZeros) {
  ExpectNoWrongAnswer(std::string(kPageBytes, '\0'));
}

TEST_F(DamagedPageTest, OfOnes) {
  ExpectNoWrongAnswer(std::string(kPageBytes, '\xff'));
}

TEST_F(DamagedPageTest, OfText) {
  ExpectNoWrongAnswer(std::string(kPageBytes, 'x'));
}

TEST_F(DamagedPageTest, OfNoise) {
  std::mt19937 random(1);
  for (int round = 0; round < 5; ++round) {
    std::string noise(kPageBytes, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    ExpectNoWrongAnswer(noise);
  }
}

// The root says that there is nothing: LMDB does not look further.
TEST_F(DamagedPageTest, ATreeWithoutARootIsTemporary) {
  DataFile file(store_.data_file());
  size_t changed = 0;
  for (size_t page = kMetaPages; page < file.Pages(); ++page) {
    std::string bytes = file.Read(page);
    const size_t name = bytes.find("m1", 16);
    if (!file.IsLeaf(page) || bytes.find("status") == std::string::npos ||
        name == std::string::npos) {
      continue;
    }
    // The 48 bytes of the tree stand behind its name, its root at their end.
    file.Overwrite(page, std::string(8, '\xff'), name + 2 + 40);
    ++changed;
  }
  ASSERT_GT(changed, 0u);
  EXPECT_EQ(FirstWrong(), "");
  EXPECT_GT(temporary(), 0u);
}

}  // namespace
}  // namespace postmirror
