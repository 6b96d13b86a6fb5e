#include "sync/accept_inbox.h"

#include <filesystem>

#include "schema/store/environment.h"
#include "tests/sync/mirror_store_test_case.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AcceptInboxTest : public MirrorStoreTestCase {
 protected:
  void SetUp() override {
    MirrorStoreTestCase::SetUp();
    Apply(map_, Numbered(0, 100));
    held_ = *Apply(map_, {}).held;
    logger_.Take();
    inbox_ = std::make_unique<AcceptInbox>(Folder(),
                                           std::vector<std::string>{map_.name},
                                           store_.get(), &clock_, &logger_);
  }

  std::string Folder() const { return FormatFolder(folder_.path()); }

  AcceptRequest Request() const {
    return {.map = map_.name,
            .id = "7",
            .removals = held_.removals,
            .values = held_.values,
            .digest = held_.digest,
            .requested = clock_.Now().wall};
  }

  void Post(const AcceptRequest& request) {
    ASSERT_EQ(PostAcceptRequest(Folder(), request), absl::OkStatus());
  }

  // One turn of the loop.
  void Turn(const KeyValues& rows) {
    inbox_->Submit();
    const std::vector<MapResult> results = Apply(Snap(map_, rows));
    inbox_->Answer(results);
  }

  std::optional<AcceptAnswer> Answer() const {
    return *TakeAcceptAnswer(Folder(), map_.name, "7");
  }

  HeldChanges held_;
  std::unique_ptr<AcceptInbox> inbox_;
};

TEST_F(AcceptInboxTest, WithoutARequestNothingIsDue) {
  EXPECT_FALSE(inbox_->Collect());
  Turn({});
  EXPECT_EQ(Lookup("k0"), "v");
  EXPECT_EQ(Answer(), std::nullopt);
}

TEST_F(AcceptInboxTest, ARequestIsAppliedAndAnswered) {
  Post(Request());
  EXPECT_TRUE(inbox_->Collect());
  EXPECT_FALSE(inbox_->Collect());
  EXPECT_EQ(Answer(), std::nullopt) << "not before it is applied";
  Turn({});
  EXPECT_EQ(Lookup("k0"), "NOT FOUND");
  const std::optional<AcceptAnswer> answer = Answer();
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->applied);
  EXPECT_EQ(answer->reason, "");
}

TEST_F(AcceptInboxTest, ARequestOfTenMinutesIsStillGood) {
  Post(Request());
  clock_.Advance(kAcceptLifetime);
  ASSERT_TRUE(inbox_->Collect());
  Turn({});
  EXPECT_TRUE(Answer()->applied);
}

TEST_F(AcceptInboxTest, ARequestOfMoreThanTenMinutesIsRefused) {
  Post(Request());
  clock_.Advance(kAcceptLifetime + absl::Nanoseconds(1));
  ASSERT_TRUE(inbox_->Collect());
  Turn({});
  EXPECT_EQ(Lookup("k0"), "v");
  const std::optional<AcceptAnswer> answer = Answer();
  ASSERT_TRUE(answer.has_value());
  EXPECT_FALSE(answer->applied);
  EXPECT_THAT(answer->reason, HasSubstr("10 minutes"));
}

TEST_F(AcceptInboxTest, ARequestExpiresWhileItWaitsForTheDatabase) {
  Post(Request());
  ASSERT_TRUE(inbox_->Collect());
  clock_.Advance(absl::Minutes(11));
  Turn({});
  EXPECT_FALSE(Answer()->applied);
}

TEST_F(AcceptInboxTest, AnotherDigestIsRefused) {
  AcceptRequest request = Request();
  request.digest = "0123456789abcdef";
  Post(request);
  ASSERT_TRUE(inbox_->Collect());
  Turn({});
  EXPECT_EQ(Lookup("k0"), "v");
  EXPECT_FALSE(Answer()->applied);
}

TEST_F(AcceptInboxTest, AnotherCountIsRefused) {
  AcceptRequest request = Request();
  ++request.removals;
  Post(request);
  ASSERT_TRUE(inbox_->Collect());
  Turn({});
  EXPECT_EQ(Lookup("k0"), "v");
  EXPECT_FALSE(Answer()->applied);
}

TEST_F(AcceptInboxTest, WhatCameSinceIsHeldAndTold) {
  held_ = *Apply(map_, {{"k0", "v"}}).held;
  ASSERT_EQ(held_.removals, 99U);
  Post(Request());
  ASSERT_TRUE(inbox_->Collect());
  Turn({});
  EXPECT_EQ(Lookup("k0"), "v");
  EXPECT_EQ(Lookup("k1"), "NOT FOUND");
  const std::optional<AcceptAnswer> answer = Answer();
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->applied);
  EXPECT_EQ(answer->removals, 99U);
  EXPECT_EQ(answer->held, 1U);
}

TEST_F(AcceptInboxTest, WhereTheDatabaseRemovesOtherKeysItIsRefused) {
  held_ = *Apply(map_, Numbered(80, 100)).held;
  Post(Request());
  ASSERT_TRUE(inbox_->Collect());
  Turn(Numbered(0, 80));
  EXPECT_EQ(Lookup("k99"), "v");
  const std::optional<AcceptAnswer> answer = Answer();
  ASSERT_TRUE(answer.has_value());
  EXPECT_FALSE(answer->applied);
  EXPECT_THAT(answer->reason, HasSubstr("other keys"));
}

TEST_F(AcceptInboxTest, WhatCouldNotBeAppliedIsSubmittedAgain) {
  Post(Request());
  ASSERT_TRUE(inbox_->Collect());
  inbox_->Submit();  // and then the commit fails: no results, no answer
  EXPECT_EQ(Answer(), std::nullopt);
  Turn({});
  EXPECT_TRUE(Answer()->applied);
  EXPECT_EQ(Lookup("k0"), "NOT FOUND");
}

TEST_F(AcceptInboxTest, ADamagedRequestIsRemovedAndLoggedOnce) {
  Post(Request());
  for (const auto& file : std::filesystem::directory_iterator(Folder())) {
    if (file.path().extension() == ".request") {
      folder_.Write("v1/" + file.path().filename().string(), "id = \n");
    }
  }
  EXPECT_FALSE(inbox_->Collect());
  EXPECT_THAT(logger_.Take(), SizeIs(1));
  EXPECT_FALSE(inbox_->Collect());
  EXPECT_THAT(logger_.Take(), IsEmpty());
}

// Where a request can neither be read nor removed the log is not to be flooded.
TEST_F(AcceptInboxTest, ARequestThatCannotBeRemovedIsLoggedOnce) {
  Post(Request());
  for (const auto& file : std::filesystem::directory_iterator(Folder())) {
    if (file.path().extension() != ".request") continue;
    const std::filesystem::path& path = file.path();
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    break;
  }
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(inbox_->Collect());
  EXPECT_THAT(logger_.Take(), SizeIs(1));
}

}  // namespace
}  // namespace postmirror
