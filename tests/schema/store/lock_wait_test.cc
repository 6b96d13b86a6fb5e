#include "schema/store/lock_wait.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "schema/store/store_reader.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A proxy (20), a program that writes (30), one that waits (40), and what has
// nothing to do with it.
constexpr char kLocks[] =
    "1: POSIX  ADVISORY  READ  10 fe:01:77 0 0\n"
    "2: POSIX  ADVISORY  READ  20 fe:01:77 0 0\n"
    "3: POSIX  ADVISORY  WRITE 20 fe:01:77 20 20\n"
    "4: POSIX  ADVISORY  READ  30 fe:01:77 0 0\n"
    "4: -> POSIX  ADVISORY  WRITE 40 fe:01:77 0 0\n"
    "5: FLOCK  ADVISORY  WRITE 50 fe:01:77 0 EOF\n"
    "6: OFDLCK ADVISORY  WRITE -1 fe:01:77 0 EOF\n"
    "7: POSIX  ADVISORY  READ  60 fe:01:78 0 0\n";

TEST(LockWaitTest, LastsAsLongAsTheOldestThatIsThere) {
  LockWait wait;
  EXPECT_FALSE(wait.Longest().has_value());
  {
    const LockWait::Scope first(&wait, LockWait::For::kOpening);
    absl::Duration before;
    {
      const LockWait::Scope second(&wait);
      before = wait.Longest()->lasted;
      EXPECT_GT(before, absl::ZeroDuration());
    }
    EXPECT_GE(wait.Longest()->lasted, before);
    EXPECT_EQ(wait.Longest()->what, LockWait::For::kOpening);
  }
  EXPECT_FALSE(wait.Longest().has_value());
  const LockWait::Scope nobody(nullptr);
}

TEST(LikelyLockHoldersTest, AreThoseWithoutAReadersSlot) {
  EXPECT_THAT(LikelyLockHoldersIn(kLocks, 77, 10), ElementsAre(30));
}

TEST(LikelyLockHoldersTest, AreAllWhereEachHasOne) {
  EXPECT_THAT(
      LikelyLockHoldersIn("2: POSIX  ADVISORY  READ  20 fe:01:77 0 0\n"
                          "3: POSIX  ADVISORY  WRITE 20 fe:01:77 20 20\n",
                          77, 10),
      ElementsAre(20));
}

TEST(LikelyLockHoldersTest, AreNoneOfAnotherFileOrText) {
  EXPECT_THAT(LikelyLockHoldersIn(kLocks, 79, 10), IsEmpty());
  EXPECT_THAT(LikelyLockHoldersIn("", 77, 10), IsEmpty());
  EXPECT_THAT(LikelyLockHoldersIn("1: POSIX x\n\n1 2 3 4 5 6 7 8", 77, 10),
              IsEmpty());
  EXPECT_THAT(LikelyLockHolders("/no/such/file"), IsEmpty());
}

TEST(LikelyLockHoldersTest, AReaderOfTheStoreIsSeenByOthers) {
  const TemporaryStore store;
  store.Fill({{.name = "a"}});
  StoreReader reader(store.path());
  ASSERT_TRUE(reader.Refresh().ok());
  EXPECT_THAT(LikelyLockHolders(store.lock_file()), IsEmpty()) << "it is us";
  const pid_t self = getpid();
  EXPECT_EQ(InChild([&]() -> std::string {
              const auto holders = LikelyLockHolders(store.lock_file());
              return holders == std::vector<pid_t>{self} ? "seen" : "not seen";
            }),
            "seen");
}

}  // namespace
}  // namespace postmirror
