#include "schema/config/cf_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<CfEntry> Entries(absl::string_view text) {
  const absl::StatusOr<CfFile> file = CfFile::Parse("f.cf", text);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? file->entries() : std::vector<CfEntry>{};
}

std::string Why(absl::string_view text) {
  const absl::StatusOr<CfFile> file = CfFile::Parse("f.cf", text);
  EXPECT_EQ(file.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(file.status().message());
}

CfEntry Entry(std::string name, std::string value, int line,
              std::vector<CfEntry::Start> continued = {}) {
  return {std::move(name), std::move(value), line, std::move(continued)};
}

TEST(CfFileTest, ReadsNameAndValue) {
  EXPECT_THAT(Entries("a = b\n"), ElementsAre(Entry("a", "b", 1)));
}

TEST(CfFileTest, NeedsNoSpaceAroundTheEqualsSignNorALastNewline) {
  EXPECT_THAT(Entries("a=b"), ElementsAre(Entry("a", "b", 1)));
}

TEST(CfFileTest, KeepsFurtherEqualsSignsInTheValue) {
  EXPECT_THAT(Entries("query = SELECT 1 WHERE a='%s'"),
              ElementsAre(Entry("query", "SELECT 1 WHERE a='%s'", 1)));
}

TEST(CfFileTest, TakesAnEmptyValue) {
  EXPECT_THAT(Entries("a =\n"), ElementsAre(Entry("a", "", 1)));
}

TEST(CfFileTest, SkipsCommentsAndEmptyLines) {
  EXPECT_THAT(Entries("# c\n\n   # indented = c\n \t\na = b\n"),
              ElementsAre(Entry("a", "b", 5)));
}

TEST(CfFileTest, KnowsNoCommentBehindAValue) {
  EXPECT_THAT(Entries("a = b # c\n"), ElementsAre(Entry("a", "b # c", 1)));
}

TEST(CfFileTest, JoinsALineThatStartsWithWhiteSpaceAsItIs) {
  EXPECT_THAT(
      Entries("a = b\n\t c\nd = e\n"),
      ElementsAre(Entry("a", "b\t c", 1, {{1, 2}}), Entry("d", "e", 3)));
}

TEST(CfFileTest, JoinsAcrossCommentsAndEmptyLines) {
  EXPECT_THAT(Entries("a = b\n\n# c\n   # c\n d\n"),
              ElementsAre(Entry("a", "b d", 1, {{1, 5}})));
}

TEST(CfFileTest, TakesAValueThatBeginsInTheNextLine) {
  EXPECT_THAT(Entries("a =\n  b\n"), ElementsAre(Entry("a", "b", 1, {{0, 2}})));
}

TEST(CfFileTest, KnowsTheLineOfEachElementOfAList) {
  const CfEntry entry = Entries("a = b,c\n# d\n  e\n\n  f g\n").front();
  std::vector<std::string> elements;
  for (const CfElement& element : ListElements(entry)) {
    elements.push_back(absl::StrCat(element.line, element.text));
  }
  EXPECT_THAT(elements, ElementsAre("1b", "1c", "3e", "5f", "5g"));
}

TEST(CfFileTest, TrimsTheCarriageReturnOfForeignEditors) {
  EXPECT_THAT(Entries("a = b\r\n\r\nc = d\r\n"),
              ElementsAre(Entry("a", "b", 1), Entry("c", "d", 3)));
}

TEST(CfFileTest, KeepsEachEntryOfANameAndFindsTheLast) {
  const absl::StatusOr<CfFile> file =
      CfFile::Parse("f.cf", "a = 1\nb = 2\na = 3\n");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->entries().size(), 3u);
  ASSERT_NE(file->Find("a"), nullptr);
  EXPECT_EQ(*file->Find("a"), Entry("a", "3", 3));
  EXPECT_EQ(file->Find("c"), nullptr);
}

TEST(CfFileTest, HasNoEntriesInAnEmptyText) {
  EXPECT_THAT(Entries(""), IsEmpty());
}

TEST(CfFileTest, RefusesALineWithoutAnEqualsSign) {
  EXPECT_EQ(Why("a = b\nc d = e\n"),
            "f.cf:2: is no \"name = value\": the = after the name is missing, "
            "add it");
}

TEST(CfFileTest, RefusesALineWithoutAName) {
  EXPECT_EQ(Why("= e\n"),
            "f.cf:1: is no \"name = value\": the name before the = is missing, "
            "add it");
}

TEST(CfFileTest, RefusesAContinuationOfNothing) {
  EXPECT_EQ(
      Why("\n  a = b\n c\n"),
      "f.cf:2: starts with white space, so it continues an entry, but there is "
      "none above, remove the white space");
}

TEST(CfFileTest, RefusesANulByte) {
  EXPECT_EQ(
      Why(absl::string_view("a = b\nc = d\0e\n", 14)),
      "f.cf:2: holds a NUL byte, which ends the text for Postfix, remove it");
}

TEST(CfFileTest, NamesEachLineThatIsNoEntry) {
  EXPECT_THAT(Why("a\nb = c\nd\n"), HasSubstr("f.cf:1: "));
  EXPECT_THAT(Why("a\nb = c\nd\n"), HasSubstr("\nf.cf:3: "));
}

TEST(CfFileTest, ShowsNothingOfALineThatIsNoEntry) {
  EXPECT_THAT(Why("password =\nsecret\n"), Not(HasSubstr("secret")));
}

TEST(CfFileTest, ScansOverALineThatIsNoEntry) {
  CfErrors errors("f.cf");
  EXPECT_THAT(CfFile::Scan("f.cf", "a\nb = c\n", &errors).entries(),
              ElementsAre(Entry("b", "c", 2)));
  EXPECT_FALSE(errors.empty());
}

class CfFileOnDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/cf_file_test.XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
  }
  void TearDown() override {
    unlink(Path("f.cf").c_str());
    rmdir(folder_.c_str());
  }

  std::string Path(absl::string_view name) const {
    return absl::StrCat(folder_, "/", name);
  }
  std::string Written(const std::string& text) const {
    std::ofstream(Path("f.cf")) << text;
    return Path("f.cf");
  }

  std::string folder_;
};

TEST_F(CfFileOnDiskTest, IsRead) {
  const absl::StatusOr<CfFile> file = CfFile::Read(Written("a = b\n"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->path(), Path("f.cf"));
  EXPECT_THAT(file->entries(), ElementsAre(Entry("a", "b", 1)));
}

TEST_F(CfFileOnDiskTest, IsNotFound) {
  const absl::Status status = CfFile::Read(Path("none.cf")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), absl::StrCat(Path("none.cf"),
                                           ": cannot be read: No such file or "
                                           "directory"));
}

TEST_F(CfFileOnDiskTest, IsDenied) {
  const std::string path = Written("a = b\n");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  // Root reads everything, so it reads as nobody here.
  const uid_t user = geteuid();
  if (user == 0) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  const absl::Status status = CfFile::Read(path).status();
  if (user == 0) {
    ASSERT_EQ(seteuid(0), 0);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(status.message(),
            absl::StrCat(path, ": cannot be read: Permission denied"));
}

TEST_F(CfFileOnDiskTest, IsNoFolder) {
  EXPECT_EQ(CfFile::Read(folder_).status(),
            absl::InvalidArgumentError(
                absl::StrCat(folder_, ": cannot be read: not a regular file")));
}

TEST_F(CfFileOnDiskTest, IsNoFifoThatWaitsForAWriter) {
  ASSERT_EQ(mkfifo(Path("f.cf").c_str(), 0600), 0);
  EXPECT_EQ(CfFile::Read(Path("f.cf")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(CfFileOnDiskTest, IsAtMostOneMebibyte) {
  const std::string line = "# comment 12345\n";
  std::string text;
  while (text.size() < (1u << 20)) text += line;
  EXPECT_TRUE(CfFile::Read(Written(text)).ok());
  EXPECT_EQ(CfFile::Read(Written(text + "#")).status(),
            absl::InvalidArgumentError(absl::StrCat(
                Path("f.cf"),
                ": is larger than 1 MiB, so it is no configuration file")));
}

}  // namespace
}  // namespace postmirror
