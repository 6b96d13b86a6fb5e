#include "sync/accept_request.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

class AcceptRequestTest : public ::testing::Test {
 protected:
  std::string OnlyFile() const {
    return std::filesystem::directory_iterator(folder())->path().string();
  }
  bool FolderIsEmpty() const { return std::filesystem::is_empty(folder()); }
  const std::string& folder() const { return folder_.path(); }

  const AcceptRequest request_ = {
      .map = "/etc/postmirror/a b=c.cf",
      .id = "0123",
      .removals = 4711,
      .digest = "0123456789abcdef",
      .requested = absl::FromUnixNanos(17000000001)};
  TemporaryFolder folder_;
};

TEST_F(AcceptRequestTest, ARequestIsTakenOnceAsItWasPosted) {
  ASSERT_EQ(PostAcceptRequest(folder(), request_), absl::OkStatus());
  const auto taken = TakeAcceptRequest(folder(), request_.map);
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(*taken, request_);
  EXPECT_EQ(*TakeAcceptRequest(folder(), request_.map), std::nullopt);
}

TEST_F(AcceptRequestTest, ARequestForAnotherMapIsLeftAlone) {
  ASSERT_EQ(PostAcceptRequest(folder(), request_), absl::OkStatus());
  EXPECT_EQ(*TakeAcceptRequest(folder(), "/other.cf"), std::nullopt);
  EXPECT_FALSE(FolderIsEmpty());
}

TEST_F(AcceptRequestTest, AWithdrawnRequestIsGone) {
  ASSERT_EQ(PostAcceptRequest(folder(), request_), absl::OkStatus());
  ASSERT_EQ(WithdrawAcceptRequest(folder(), request_.map), absl::OkStatus());
  EXPECT_EQ(*TakeAcceptRequest(folder(), request_.map), std::nullopt);
  EXPECT_EQ(WithdrawAcceptRequest(folder(), request_.map), absl::OkStatus());
}

TEST_F(AcceptRequestTest, ADamagedRequestIsRemovedAndReported) {
  const std::string map = "map = /etc/postmirror/a b=c.cf\n";
  const std::string damages[] = {
      "",
      "garbage",
      "map = /other.cf\nid = 1\nremovals = 1\nvalues = 1\nrequested_ns = 1\n",
      map + "removals = 1\nrequested_ns = 1\n",
      map + "id = 1\nremovals = x\nrequested_ns = 1\n",
      map + "id = 1\nremovals = 1\n"};
  for (const std::string& damage : damages) {
    ASSERT_EQ(PostAcceptRequest(folder(), request_), absl::OkStatus());
    folder_.Write(std::filesystem::path(OnlyFile()).filename(), damage);
    EXPECT_EQ(TakeAcceptRequest(folder(), request_.map).status().code(),
              absl::StatusCode::kDataLoss)
        << damage;
    EXPECT_TRUE(FolderIsEmpty());
  }
}

TEST_F(AcceptRequestTest, AnAnswerIsTakenOnceAsItWasPosted) {
  for (const AcceptAnswer& answer :
       {AcceptAnswer{.id = "1",
       .applied = true,
       .reason = "",
       .removals = 12,
       .values = 3,
       .held = 2},
        AcceptAnswer{.id = "2", .applied = false, .reason = "not held = so"}}) {
    ASSERT_EQ(PostAcceptAnswer(folder(), request_.map, answer),
              absl::OkStatus());
    const auto taken = TakeAcceptAnswer(folder(), request_.map, answer.id);
    ASSERT_TRUE(taken.ok()) << taken.status();
    EXPECT_EQ(*taken, answer);
    EXPECT_EQ(*TakeAcceptAnswer(folder(), request_.map, answer.id),
              std::nullopt);
  }
}

TEST_F(AcceptRequestTest, TheAnswerToAnotherRequestIsNoAnswer) {
  ASSERT_EQ(PostAcceptAnswer(folder(), request_.map,
                             {.id = "old", .applied = true, .reason = ""}),
            absl::OkStatus());
  EXPECT_EQ(*TakeAcceptAnswer(folder(), request_.map, "new"), std::nullopt);
}

}  // namespace
}  // namespace postmirror
