#include "schema/runtime/errno_status.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace postmirror {
namespace {

TEST(ErrnoTextTest, SaysWhatTheSystemSays) {
  EXPECT_EQ(ErrnoText(EADDRINUSE), "Address already in use");
  EXPECT_EQ(ErrnoText(ELOOP), "Too many levels of symbolic links");
  EXPECT_EQ(ErrnoText(4711), "error 4711");
}

TEST(ErrnoStatusTest, TellsAMissingRightFromWhatMayPass) {
  EXPECT_EQ(ErrnoStatus(EADDRINUSE, "[::1]:1", "bind"),
            absl::UnavailableError("[::1]:1: bind: Address already in use"));
  EXPECT_EQ(
      ErrnoStatus(EPERM, "socket", "chown"),
      absl::PermissionDeniedError("socket: chown: Operation not permitted"));
}

}  // namespace
}  // namespace postmirror
