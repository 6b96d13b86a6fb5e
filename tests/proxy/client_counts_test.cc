#include "proxy/client_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "proxy/worker.h"

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr char kMaps[] = "/run/maps";
constexpr uint32_t kRoot = 0;
constexpr uint32_t kPostfix = 105;
constexpr uint32_t kNobody = 65534;
constexpr uint32_t kDovecot = 110;
constexpr int kLimit = 10;

Peer User(uint32_t uid) { return {.kind = Peer::Kind::kUser, .number = uid}; }

TEST(ListenerNameTest, IsThePortOrThePath) {
  EXPECT_EQ(ListenerName("127.0.0.1:10040"), "10040");
  EXPECT_EQ(ListenerName("[::1]:10040"), "10040");
  EXPECT_EQ(ListenerName("/run/a:b/maps"), "/run/a:b/maps");
}

class ClientCountsTest : public testing::Test {
 protected:
  void Add(uint32_t uid, int count, Worker* worker) {
    for (int i = 0; i < count; ++i) counts_.Add({kMaps, User(uid)}, worker);
  }
  void Add(uint32_t uid, int count) { Add(uid, count, first_.get()); }
  void Begin(uint32_t uid, int change) {
    counts_.AddUnfinished({kMaps, User(uid)}, first_.get(), change);
  }
  void Remove(uint32_t uid) {
    counts_.Remove({kMaps, User(uid)}, first_.get());
  }

  // Who makes room for a user: a uid, or "nobody does".
  std::string MakesRoomFor(uint32_t uid) const {
    const auto loser =
        counts_.WhoMakesRoom({kMaps, User(uid)}, kLimit, first_.get());
    return loser.has_value() ? loser->peer.ToString() : "nobody does";
  }

  ClientCounts counts_{{.trusted = {kRoot, kPostfix}, .unknown = std::nullopt}};
  const std::unique_ptr<Worker> first_ = *Worker::Create({}, &counts_);
  const std::unique_ptr<Worker> second_ = *Worker::Create({}, &counts_);
};

TEST_F(ClientCountsTest, UsersAreReadAgain) {
  Add(kDovecot, kLimit);
  EXPECT_EQ(MakesRoomFor(kNobody), "uid 110");
  counts_.set_users({.trusted = {kRoot, kDovecot}, .unknown = kNobody});
  EXPECT_EQ(MakesRoomFor(kNobody), "nobody does");
  EXPECT_TRUE(counts_.IsUnknown(User(kNobody)));
}

TEST_F(ClientCountsTest, CountsByListener) {
  counts_.Open("10040");
  Add(kNobody, 2);
  Add(kRoot, 1, second_.get());
  EXPECT_THAT(counts_.ByListener(),
              ElementsAre(Pair(kMaps, 3), Pair("10040", 0)));
  EXPECT_EQ(counts_.All(), 3);
  Remove(kNobody);
  EXPECT_EQ(counts_.At(kMaps), 2);
  Remove(kNobody);
  counts_.Remove({kMaps, User(kRoot)}, second_.get());
  EXPECT_EQ(counts_.At(kMaps), 0);
  EXPECT_EQ(counts_.At("/elsewhere"), 0);
}

TEST_F(ClientCountsTest, WhoHoldsMostAndMoreThanHalfMakesRoom) {
  Add(kNobody, 6);
  Add(kDovecot, 4);
  EXPECT_EQ(MakesRoomFor(kDovecot), "uid 65534");
  EXPECT_EQ(MakesRoomFor(kNobody), "uid 65534") << "for himself, too";
  EXPECT_EQ(MakesRoomFor(kPostfix), "uid 65534");
}

TEST_F(ClientCountsTest, HalfOfTheLimitIsAShareThatIsKept) {
  Add(kNobody, 5);
  Add(kDovecot, 5);
  EXPECT_EQ(MakesRoomFor(kDovecot), "nobody does");
  EXPECT_EQ(MakesRoomFor(1000), "nobody does");
}

// One who may map a range of uids (subuid(5)) is as many users as he likes.
TEST_F(ClientCountsTest, NoShareIsKeptFromPostfixAndRoot) {
  for (uint32_t uid = 100000; uid < 100009; ++uid) Add(uid, 1);
  Add(100009, 2);
  EXPECT_EQ(MakesRoomFor(kPostfix), "uid 100009");
  EXPECT_EQ(MakesRoomFor(kRoot), "uid 100009");
  Remove(100009);
  EXPECT_NE(MakesRoomFor(kPostfix), "nobody does");
}

TEST_F(ClientCountsTest, PostfixAndRootMayHoldAll) {
  Add(kPostfix, 9);
  EXPECT_EQ(MakesRoomFor(kNobody), "nobody does");
  Add(kNobody, 1);
  EXPECT_EQ(MakesRoomFor(kNobody), "nobody does");
  EXPECT_EQ(MakesRoomFor(kRoot), "uid 65534");
}

// Else a small limit, of connections or of open files, would turn Postfix away
// for its own idle connections.
TEST_F(ClientCountsTest, PostfixAndRootMakeRoomForEachOther) {
  Add(kPostfix, 6);
  Add(kRoot, 4);
  EXPECT_EQ(MakesRoomFor(kRoot), "uid 105");
  EXPECT_EQ(MakesRoomFor(kPostfix), "uid 105") << "for itself, too";
  EXPECT_EQ(MakesRoomFor(kNobody), "nobody does");
}

TEST_F(ClientCountsTest, PostfixAndRootMakeRoomByWhatIsIdleAlone) {
  Add(kPostfix, 6);
  Add(kRoot, 4);
  Begin(kPostfix, 5);
  EXPECT_EQ(MakesRoomFor(kRoot), "uid 105");
  Begin(kPostfix, 1);
  EXPECT_EQ(MakesRoomFor(kPostfix), "uid 0");
  Begin(kRoot, 4);
  EXPECT_EQ(MakesRoomFor(kPostfix), "nobody does");
  Begin(kRoot, -1);
  EXPECT_EQ(MakesRoomFor(kPostfix), "uid 0");
}

TEST_F(ClientCountsTest, OthersMakeRoomByWhatTheyHaveBegunAsWell) {
  Add(kNobody, kLimit);
  Begin(kNobody, kLimit);
  EXPECT_EQ(MakesRoomFor(kPostfix), "uid 65534");
  EXPECT_EQ(MakesRoomFor(kNobody), "uid 65534");
}

TEST_F(ClientCountsTest, AWorkerWithAnIdleOneOfPostfixMakesRoom) {
  Add(kPostfix, 1, first_.get());
  Add(kPostfix, 3, second_.get());
  const auto worker = [this] {
    return counts_.WhoMakesRoom({kMaps, User(kPostfix)}, kLimit, first_.get())
        ->worker;
  };
  EXPECT_EQ(worker(), first_.get());
  Begin(kPostfix, 1);
  EXPECT_EQ(worker(), second_.get());
}

// Over TCP nobody is trusted, and all of the loopback is one peer.
TEST_F(ClientCountsTest, TheLoopbackMakesRoomForItself) {
  for (int i = 0; i < kLimit; ++i) counts_.Add({"10040", {}}, first_.get());
  const auto loser = counts_.WhoMakesRoom({"10040", {}}, kLimit, first_.get());
  ASSERT_TRUE(loser.has_value());
  EXPECT_EQ(loser->peer.ToString(), "the loopback");
}

TEST_F(ClientCountsTest, OtherListenersDoNotCount) {
  for (int i = 0; i < 6; ++i) {
    counts_.Add({"10040", User(kNobody)}, first_.get());
  }
  Add(kPostfix, 5);
  Add(kDovecot, 5);
  EXPECT_EQ(MakesRoomFor(kDovecot), "nobody does");
}

TEST_F(ClientCountsTest, TheWorkerWhoseTurnItIsMakesRoomIfItCan) {
  const auto worker = [this] {
    return counts_.WhoMakesRoom({kMaps, User(kPostfix)}, kLimit, first_.get())
        ->worker;
  };
  Add(kNobody, 4, second_.get());
  EXPECT_EQ(worker(), second_.get());
  Add(kNobody, 1, first_.get());
  EXPECT_EQ(worker(), first_.get());
}

TEST(ClientCountsUnknownTest, IsTheOneThatStandsForMany) {
  const ClientCounts in_a_namespace({.trusted = {kRoot}, .unknown = kNobody});
  EXPECT_TRUE(in_a_namespace.IsUnknown(User(kNobody)));
  EXPECT_FALSE(in_a_namespace.IsUnknown(User(kPostfix)));
  EXPECT_FALSE(
      in_a_namespace.IsUnknown({.kind = Peer::Kind::kIpv4, .number = kNobody}));
  const ClientCounts outside({.trusted = {kRoot}, .unknown = std::nullopt});
  EXPECT_FALSE(outside.IsUnknown(User(kNobody)));
}

}  // namespace
}  // namespace postmirror
