#include "sync/ctl/folder_owner.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/schema/store/store_fixture.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kOwner = 65532;
constexpr uid_t kOther = 65533;
constexpr char kRoot[] = "0:0";

class StoreOwnerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root becomes another";
  }

  // Makes a folder. Its path.
  std::string Folder(const std::string& name, uid_t owner,
                     mode_t mode = 0755) const {
    std::string path = folder_.File(name);
    EXPECT_EQ(mkdir(path.c_str(), 0700), 0) << path;
    EXPECT_EQ(chown(path.c_str(), owner, owner), 0) << path;
    EXPECT_EQ(chmod(path.c_str(), mode), 0) << path;
    return path;
  }

  std::string Link(const std::string& name, const std::string& target,
                   uid_t owner = 0) const {
    std::string path = folder_.File(name);
    std::filesystem::create_symlink(target, path);
    EXPECT_EQ(lchown(path.c_str(), owner, owner), 0) << path;
    return path;
  }

  // A configuration with that store.
  Config With(const std::string& store) const {
    Config config;
    config.store = store;
    config.status_folder = folder_.File("status");
    return config;
  }

  // Whom root becomes, "USER:GROUP", or why nobody.
  std::string Become(const std::string& store) const {
    return InChild([&]() -> std::string {
      const absl::StatusOr<Config> ours = BecomeStoreOwner(With(store));
      if (!ours.ok()) return std::string(ours.status().message());
      return absl::StrCat(geteuid(), ":", getegid());
    });
  }

  const TemporaryFolder folder_;
};

TEST_F(StoreOwnerTest, TakesTheUserAndTheGroupOfTheStore) {
  EXPECT_EQ(Become(Folder("store", kOwner)), "65532:65532");
}

TEST_F(StoreOwnerTest, KeepsNoWayBack) {
  const std::string store = Folder("store", kOwner);
  EXPECT_EQ(InChild([&]() -> std::string {
              if (!BecomeStoreOwner(With(store)).ok()) return "refused";
              gid_t group = 0;
              if (getgroups(1, &group) != 1 || group != kOwner) return "groups";
              return seteuid(0) == 0 || setegid(0) == 0 ? "root" : "none";
            }),
            "none");
}

TEST_F(StoreOwnerTest, WithoutAStoreThereIsNoOwner) {
  EXPECT_THAT(Become(folder_.File("store")), HasSubstr("not there yet"));
  EXPECT_THAT(Become(folder_.Write("file", "") + "/store"),
              HasSubstr("not there yet"));
}

TEST_F(StoreOwnerTest, StaysRootWithRootsStore) {
  EXPECT_EQ(Become(Folder("store", 0)), kRoot);
}

TEST_F(StoreOwnerTest, TakesTheOwnerOfTheEnvironmentInRootsStore) {
  for (const mode_t mode : {0755U, 01770U, 01777U}) {
    const std::string store = Folder(absl::StrCat("store", mode), 0, mode);
    Folder(absl::StrCat("store", mode, "/v1"), kOwner, 02750);
    EXPECT_EQ(Become(store), "65532:65532") << mode;
  }
}

TEST_F(StoreOwnerTest, RefusesRootsEnvironmentInAStoreOfAnother) {
  const std::string store = Folder("store", kOwner);
  Folder("store/v1", 0);
  EXPECT_THAT(Become(store), HasSubstr("/store belongs to user number 65532"));
}

TEST_F(StoreOwnerTest, RefusesAStoreOfRootsThatOthersMayFill) {
  const std::string store = Folder("store", 0, 01777);
  EXPECT_THAT(Become(store), HasSubstr("/store, who could"));
  EXPECT_THAT(Become(store), HasSubstr(": chmod go-w /"));
  const std::string inner = Folder("store/v1", 0, 01770);
  EXPECT_THAT(Become(store), HasSubstr("/v1, who could"));
  ASSERT_EQ(chmod(inner.c_str(), 02750), 0);
  EXPECT_EQ(Become(store), kRoot);
}

TEST_F(StoreOwnerTest, ReachesAFolderBelowOneOfRoots) {
  const std::string above = Folder("above", 0, 0711);
  const std::string store = Folder("above/store", kOwner, 0700);
  Folder("above/store/v1", kOwner, 0700);
  ASSERT_EQ(chmod(folder_.path().c_str(), 0711), 0);
  const auto reached = [&] {
    return InChild([&]() -> std::string {
      const absl::StatusOr<Config> ours = BecomeStoreOwner(With(store));
      if (!ours.ok()) return std::string(ours.status().message());
      const std::string inner = ours->store + "/v1";
      return absl::StrCat(access(inner.c_str(), W_OK) == 0 ? "reached" : "not",
                          ours->store == store ? "" : " by a way of its own");
    });
  };
  EXPECT_EQ(reached(), "reached");
  ASSERT_EQ(chmod(above.c_str(), 0710), 0);
  EXPECT_EQ(reached(), "reached by a way of its own");
}

TEST_F(StoreOwnerTest, WhoIsNotRootStaysWhoHeIs) {
  const std::string store = Folder("store", kOwner);
  EXPECT_EQ(InChild([&]() -> std::string {
              if (seteuid(kOther) != 0) return "no such right";
              return absl::StrCat(BecomeStoreOwner(With(store)).ok(),
                                  geteuid());
            }),
            "165533");
}

TEST_F(StoreOwnerTest, RefusesAPathOfYetAnotherUser) {
  Folder("above", kOther);
  const std::string said = Become(Folder("above/store", kOwner));
  EXPECT_THAT(said, HasSubstr("/above belongs to user number 65533, who"));
  EXPECT_THAT(said, HasSubstr("runuser"));
}

TEST_F(StoreOwnerTest, RefusesAStoreOfRootsThatOthersMaySwap) {
  const std::string above = Folder("above", 0, 0777);
  const std::string store = Folder("above/store", 0);
  EXPECT_THAT(Become(store), HasSubstr("/above, who could"));
  ASSERT_EQ(chmod(above.c_str(), 01777), 0);
  EXPECT_EQ(Become(store), kRoot);
}

TEST_F(StoreOwnerTest, RefusesALinkOfYetAnotherUser) {
  Folder("store", kOwner);
  const std::string link = Link("link", folder_.File("store"), kOther);
  EXPECT_THAT(Become(link), HasSubstr("/link belongs to user number 65533"));
}

TEST_F(StoreOwnerTest, FollowsALink) {
  Folder("store", kOwner);
  EXPECT_EQ(Become(Link("link", folder_.File("store"))), "65532:65532");
  Folder("below", 0);
  EXPECT_EQ(Become(Link("below/relative", "../store") + "/"), "65532:65532");
}

TEST_F(StoreOwnerTest, ChecksTheFoldersBehindALink) {
  const std::string above = Folder("above", 0, 0777);
  const std::string link = Link("link", Folder("above/store", 0));
  EXPECT_THAT(Become(link), HasSubstr("/above, who could"));
  ASSERT_EQ(chmod(above.c_str(), 0755), 0);
  EXPECT_EQ(Become(link), kRoot);
}

// Where it leads in the end says nothing of who may change that.
TEST_F(StoreOwnerTest, ChecksTheFoldersBetweenTwoLinks) {
  Folder("store", 0);
  Folder("between", 0, 0777);
  Link("between/second", "../store");
  EXPECT_THAT(Become(Link("first", "between/second")),
              HasSubstr("/between, who could"));
}

}  // namespace
}  // namespace postmirror
