#include "proxy/listen_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class ListenPlanTest : public testing::Test {
 protected:
  ListenPlanTest() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~ListenPlanTest() override { rmdir(folder_.c_str()); }

  ListenEntry Unix(absl::string_view name) const {
    return *ParseListenEntry(
        absl::StrCat("socketmap:unix:", folder_, "/", name));
  }

  std::string folder_ = testing::TempDir() + "/planXXXXXX";
  const CodecSet codecs_;
  Config config_;
};

TEST_F(ListenPlanTest, AnEntryWithoutASocketIsBound) {
  config_.listen = {Unix("maps")};
  const auto plan = PlanListen(config_, {}, codecs_);
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_THAT(plan->bound, SizeIs(1));
  EXPECT_EQ(plan->bound[0].first.address, folder_ + "/maps");
  EXPECT_FALSE(plan->bound[0].first.passed);
  EXPECT_EQ(plan->bound[0].second, codecs_.Named("socketmap"));
  EXPECT_THAT(plan->open, IsEmpty());
}

TEST_F(ListenPlanTest, AnOpenSocketIsMatchedByItsAddress) {
  config_.listen = {*ParseListenEntry("tcp:127.0.0.1:10040:virtual_alias_maps"),
                    *ParseListenEntry("socketmap:unix:/nowhere/maps")};
  const auto plan =
      PlanListen(config_, {"127.0.0.1:10040", "/nowhere/maps"}, codecs_);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->open,
              ElementsAre(Pair("/nowhere/maps", codecs_.Named("socketmap")),
                          Pair("127.0.0.1:10040",
                               codecs_.Named("tcp_table-virtual_alias_maps"))));
  EXPECT_THAT(plan->bound, IsEmpty());
}

TEST_F(ListenPlanTest, OneEntryThatCannotBeBoundLeavesNothingBehind) {
  config_.listen = {Unix("maps"),
                    *ParseListenEntry("socketmap:unix:/dev/null/x")};
  const absl::Status status = PlanListen(config_, {}, codecs_).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("/dev/null/x"));
  EXPECT_NE(access((folder_ + "/maps").c_str(), F_OK), 0);
}

TEST_F(ListenPlanTest, AUnixSocketHasTheModeOfTheSetting) {
  config_.listen = {Unix("maps")};
  config_.unix_socket_mode = 0600;
  const auto plan = PlanListen(config_, {}, codecs_);
  ASSERT_TRUE(plan.ok()) << plan.status();
  struct stat status = {};
  ASSERT_EQ(stat((folder_ + "/maps").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

// One of them would be answered from the other's maps.
TEST_F(ListenPlanTest, TwoEntriesOfOneAddressAreRefused) {
  config_.listen = {
      *ParseListenEntry("tcp:127.0.0.1:10040:virtual_alias_maps"),
      *ParseListenEntry("tcp:localhost:10040:virtual_mailbox_maps")};
  const absl::Status status =
      PlanListen(config_, {"127.0.0.1:10040", "[::1]:10040"}, codecs_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("tcp:localhost:10040:virtual_mailbox_maps comes to "
                        "127.0.0.1:10040, which another entry has"));
}

}  // namespace
}  // namespace postmirror
