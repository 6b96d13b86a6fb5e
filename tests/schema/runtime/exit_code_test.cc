#include "schema/runtime/exit_code.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

TEST(ExitCodeTest, IsZeroIfAllIsWell) {
  EXPECT_EQ(ExitCode(absl::OkStatus()), 0);
}

TEST(ExitCodeTest, Is64ForWrongUsage) {
  EXPECT_EQ(ExitCode(absl::OutOfRangeError("")), 64);
}

TEST(ExitCodeTest, Is66ForAMissingFile) {
  EXPECT_EQ(ExitCode(absl::NotFoundError("")), 66);
}

TEST(ExitCodeTest, Is74ForDamage) {
  EXPECT_EQ(ExitCode(absl::DataLossError("")), 74);
}

TEST(ExitCodeTest, Is75ForWhatMayPass) {
  EXPECT_EQ(ExitCode(absl::UnavailableError("")), 75);
  EXPECT_EQ(ExitCode(absl::AbortedError("")), 75);
  EXPECT_EQ(ExitCode(absl::DeadlineExceededError("")), 75);
  EXPECT_EQ(ExitCode(absl::ResourceExhaustedError("")), 75);
}

TEST(ExitCodeTest, Is77ForMissingPermission) {
  EXPECT_EQ(ExitCode(absl::PermissionDeniedError("")), 77);
}

TEST(ExitCodeTest, Is78ForAWrongConfiguration) {
  EXPECT_EQ(ExitCode(absl::InvalidArgumentError("")), 78);
  EXPECT_EQ(ExitCode(absl::FailedPreconditionError("")), 78);
}

TEST(ExitCodeTest, Is70ForTheRest) {
  EXPECT_EQ(ExitCode(absl::InternalError("")), 70);
  EXPECT_EQ(ExitCode(absl::UnknownError("")), 70);
}

}  // namespace
}  // namespace postmirror
