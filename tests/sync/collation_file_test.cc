#include "sync/collation_file.h"

#include <gmock/gmock.h>

#include "sync/small_file.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

constexpr char kVersion[] = "10.11.19-MariaDB-0+deb12u1";

class CollationFileTest : public ::testing::Test {
 protected:
  static CollationRules Rules() {
    return {.name = "utf8mb4_general_ci",
            .pads = false,
            .ranges = {{.first = 'A', .last = 'A', .form = "a"}},
            .sequences = {{.text = "ch", .form = "c"}}};
  }

  void SetUp() override {
    ASSERT_EQ(WriteCollationFile(folder_.path(), kVersion, Rules()),
              absl::OkStatus());
  }

  absl::StatusOr<CollationRules> Read(
      const std::string& name = "utf8mb4_general_ci",
      const std::string& version = kVersion) const {
    return ReadCollationFile(folder_.path(), name, version);
  }

  TemporaryFolder folder_;
  const std::string path_ =
      CollationFilePath(folder_.path(), "utf8mb4_general_ci", kVersion);
};

TEST_F(CollationFileTest, ReadsWhatWasWritten) {
  const auto rules = Read();
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_EQ(*rules, Rules());
}

TEST_F(CollationFileTest, AnotherCollationOrVersionHasAnotherFile) {
  EXPECT_TRUE(absl::IsNotFound(Read("utf8mb4_unicode_ci").status()));
  EXPECT_TRUE(absl::IsNotFound(
      Read("utf8mb4_general_ci", "10.11.20-MariaDB").status()));
}

TEST_F(CollationFileTest, TheFileOfAnotherVersionUnderItsNameIsDamage) {
  const std::string other = "10.6.18-MariaDB";
  ASSERT_EQ(ReplaceFile(
                CollationFilePath(folder_.path(), "utf8mb4_general_ci", other),
                *ReadSmallFile(path_)),
            absl::OkStatus());
  EXPECT_TRUE(absl::IsDataLoss(Read("utf8mb4_general_ci", other).status()));
}

TEST_F(CollationFileTest, EachByteCounts) {
  const std::string bytes = *ReadSmallFile(path_);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    ASSERT_EQ(ReplaceFile(path_, damaged), absl::OkStatus());
    EXPECT_TRUE(absl::IsDataLoss(Read().status())) << i;
    ASSERT_EQ(ReplaceFile(path_, bytes.substr(0, i)), absl::OkStatus());
    EXPECT_TRUE(absl::IsDataLoss(Read().status())) << i;
  }
}

TEST_F(CollationFileTest, AMissingFolderIsAFailure) {
  EXPECT_FALSE(
      WriteCollationFile(folder_.File("none"), kVersion, Rules()).ok());
}

}  // namespace
}  // namespace postmirror
