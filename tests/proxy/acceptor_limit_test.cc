// Clients of a listener that has as many as it may have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proxy/acceptor.h"
#include "tests/proxy/postfix_client.h"
#include "tests/proxy/proxy_under_test.h"

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kTurnedAway[] = "25:TEMP too many connections,";
constexpr char kAnswer[] = "10:OK worker0,";

// The value is the worker that looked it up.
Outcome NameTheWorker(size_t worker, absl::string_view, std::string* value) {
  *value = absl::StrCat("worker", worker);
  return Outcome::kFound;
}

std::string AskMaps(TestClient* client) {
  if (!client->Send(SocketmapRequest("maps", "x"))) return "cannot send";
  return client->ReceiveUntil(',');
}

// Two clients that are trusted, as Postfix is, each with a request under way:
// none of them makes room.
class AcceptorAtItsLimitTest : public testing::Test {
 protected:
  // An answer proves that a client has its place, and has begun the next one.
  AcceptorAtItsLimitTest() {
    for (TestClient* client : {&first_, &second_}) {
      EXPECT_TRUE(client->Send("6:"));
      EXPECT_EQ(EndOneAndBegin(client), kAnswer);
    }
  }

  // Ends the request that is under way, and begins another one.
  static std::string EndOneAndBegin(TestClient* client) {
    if (!client->Send("maps x,6:")) return "cannot send";
    return client->ReceiveUntil(',');
  }

  std::string Connect() {
    TestClient client = proxy_.ConnectSocketmap();
    return AskMaps(&client);
  }

  std::string Reached() const {
    return absl::StrCat("client_limit of 2 is reached at ", proxy_.unix_name(),
                        ": connections turned away: ");
  }

  ProxyUnderTest proxy_{{.client_limit = 2, .lookup = NameTheWorker}};
  TestClient first_ = proxy_.ConnectSocketmap();
  TestClient second_ = proxy_.ConnectSocketmap();
};

TEST_F(AcceptorAtItsLimitTest, TurnsAwayWithOneTemporaryReply) {
  TestClient third = proxy_.ConnectSocketmap();
  EXPECT_EQ(AskMaps(&third), kTurnedAway);
  EXPECT_TRUE(third.IsClosed());
  EXPECT_EQ(EndOneAndBegin(&first_), kAnswer);
}

TEST_F(AcceptorAtItsLimitTest, OtherListenersAreNot) {
  EXPECT_EQ(proxy_.ConnectTcpTable().Ask("get x\n"), "200 worker0\n");
  EXPECT_EQ(Connect(), kTurnedAway);
}

TEST_F(AcceptorAtItsLimitTest, ServesAgainWhenAClientHasLeft) {
  EXPECT_EQ(Connect(), kTurnedAway);
  second_.Send("this is no netstring");
  ASSERT_TRUE(second_.IsClosed());
  TestClient next = proxy_.ConnectSocketmap();
  EXPECT_TRUE(next.Send("6:"));
  EXPECT_EQ(EndOneAndBegin(&next), kAnswer);
  EXPECT_EQ(Connect(), kTurnedAway);
}

TEST_F(AcceptorAtItsLimitTest, ClosesTheOldestOfTooManyThatAreTurnedAway) {
  std::vector<TestClient> idle;
  idle.reserve(Worker::kMaxTurnedAway);
  for (size_t i = 0; i < Worker::kMaxTurnedAway; ++i) {
    idle.push_back(proxy_.ConnectSocketmap());
  }
  EXPECT_EQ(Connect(), kTurnedAway);
  EXPECT_TRUE(idle.front().IsClosed());
  EXPECT_EQ(AskMaps(&idle[1]), kTurnedAway);
  EXPECT_EQ(EndOneAndBegin(&first_), kAnswer);
}

TEST_F(AcceptorAtItsLimitTest, SaysSoAtMostOnceAMinute) {
  EXPECT_THAT(proxy_.Tick(), IsEmpty());
  Connect();
  Connect();
  EXPECT_THAT(proxy_.Tick(), ElementsAre(Reached() + "2"));
  for (int second = 1; second < 60; ++second) {
    // Each of their requests arrives in time.
    EndOneAndBegin(&first_);
    EndOneAndBegin(&second_);
    Connect();
    EXPECT_THAT(proxy_.Tick(), IsEmpty()) << second;
  }
  EXPECT_THAT(proxy_.Tick(), ElementsAre(Reached() + "59"));
}

TEST_F(AcceptorAtItsLimitTest, CountsThoseServedAndThoseTurnedAway) {
  Connect();
  EXPECT_EQ(proxy_.acceptor().accepted(), 2U);
  EXPECT_EQ(proxy_.acceptor().turned_away(), 1U);
  EXPECT_EQ(proxy_.acceptor().client_limit(), 2);
}

TEST_F(AcceptorAtItsLimitTest, SaysHowManyKeptTooMuch) {
  proxy_.clients()->CountGreedy();
  proxy_.clients()->CountGreedy();
  EXPECT_THAT(proxy_.Tick(),
              ElementsAre("requests begun and replies not read take more "
                          "memory than the 64 MiB of a thread: connections "
                          "with the most closed: 2"));
  EXPECT_THAT(proxy_.Tick(), IsEmpty());
}

TEST_F(AcceptorAtItsLimitTest, SaysOnceThatSomethingHasThePlaceOfASocket) {
  const std::string path = proxy_.unix_name();
  for (const char* target : {"/nonexistent", "/dev/null"}) {
    ASSERT_EQ(rename(path.c_str(), (path + ".moved").c_str()), 0);
    ASSERT_EQ(symlink(target, path.c_str()), 0);
    EXPECT_THAT(proxy_.Tick(), ElementsAre(testing::StartsWith(absl::StrCat(
                                   path, ": something else is in the place"))));
    EXPECT_THAT(proxy_.Tick(), IsEmpty());
    ASSERT_EQ(rename((path + ".moved").c_str(), path.c_str()), 0);
    EXPECT_THAT(proxy_.Tick(), IsEmpty());
  }
}

// All clients are trusted, and idle.
class AcceptorOfPostfixAloneTest : public testing::Test {
 protected:
  void Start(int threads) {
    proxy_ = std::make_unique<ProxyUnderTest>(ProxyUnderTest::Options{
        .threads = threads, .client_limit = 2, .lookup = NameTheWorker});
    for (int i = 0; i < 2; ++i) Connect();
  }

  void Connect() {
    clients_.push_back(proxy_->ConnectSocketmap());
    EXPECT_THAT(AskMaps(&clients_.back()), testing::StartsWith("10:OK worker"));
  }

  std::unique_ptr<ProxyUnderTest> proxy_;
  std::deque<TestClient> clients_;
};

TEST_F(AcceptorOfPostfixAloneTest, ClosesTheOneThatIsIdleForLongest) {
  Start(1);
  EXPECT_EQ(AskMaps(&clients_[0]), kAnswer);
  Connect();
  EXPECT_TRUE(clients_[1].IsClosed());
  EXPECT_EQ(AskMaps(&clients_[0]), kAnswer);
  EXPECT_EQ(proxy_->acceptor().turned_away(), 0U);
  EXPECT_THAT(
      proxy_->Tick(),
      ElementsAre(absl::StrCat("client_limit of 2 is reached at ",
                               proxy_->unix_name(), ", of uid ", geteuid(),
                               ": idle connections closed for new ones: 1")));
}

TEST_F(AcceptorOfPostfixAloneTest, ClosesNoneWithARequestUnderWay) {
  Start(1);
  ASSERT_TRUE(clients_[0].Send("6:maps x,6:"));
  EXPECT_EQ(clients_[0].ReceiveUntil(','), kAnswer);
  for (int i = 0; i < 3; ++i) Connect();
  for (size_t i = 1; i < 4; ++i) EXPECT_TRUE(clients_[i].IsClosed()) << i;
  ASSERT_TRUE(clients_[0].Send("maps x,"));
  EXPECT_EQ(clients_[0].ReceiveUntil(','), kAnswer);
  EXPECT_EQ(proxy_->acceptor().turned_away(), 0U);
}

TEST_F(AcceptorOfPostfixAloneTest, ServesAllWithMoreThreads) {
  Start(3);
  for (int i = 0; i < 30; ++i) Connect();
  EXPECT_EQ(proxy_->acceptor().turned_away(), 0U);
  for (size_t i = 0; i < 24; ++i) EXPECT_TRUE(clients_[i].IsClosed()) << i;
}

// Over TCP all of the loopback is one peer, which holds all there is, and more
// than its share.
class AcceptorMakesRoomTest : public testing::Test {
 protected:
  AcceptorMakesRoomTest() {
    for (TestClient* client : {&first_, &second_, &third_}) {
      EXPECT_EQ(client->Ask("get x\n"), "200 worker0\n");
    }
  }

  // A further client is served.
  void Connect() {
    EXPECT_EQ(proxy_.ConnectTcpTable().Ask("get x\n"), "200 worker0\n");
  }

  ProxyUnderTest proxy_{{.client_limit = 3, .lookup = NameTheWorker}};
  TestClient first_ = proxy_.ConnectTcpTable();
  TestClient second_ = proxy_.ConnectTcpTable();
  TestClient third_ = proxy_.ConnectTcpTable();
};

TEST_F(AcceptorMakesRoomTest, ByTheOneThatIsIdleForLongest) {
  EXPECT_EQ(first_.Ask("get x\n"), "200 worker0\n");
  TestClient fourth = proxy_.ConnectTcpTable();
  EXPECT_EQ(fourth.Ask("get x\n"), "200 worker0\n");
  EXPECT_TRUE(second_.IsClosed());
  EXPECT_EQ(first_.Ask("get x\n"), "200 worker0\n");
  EXPECT_EQ(third_.Ask("get x\n"), "200 worker0\n");
  EXPECT_EQ(proxy_.acceptor().turned_away(), 0U);
  EXPECT_EQ(proxy_.acceptor().accepted(), 4U);
}

TEST_F(AcceptorMakesRoomTest, ByOneInTheMiddleOfARequestLast) {
  ASSERT_TRUE(first_.Send("get x\nget"));
  EXPECT_EQ(first_.ReceiveUntil('\n'), "200 worker0\n");
  EXPECT_EQ(second_.Ask("get x\n"), "200 worker0\n");
  Connect();
  EXPECT_TRUE(third_.IsClosed());
  EXPECT_EQ(first_.Ask(" x\n"), "200 worker0\n");
}

// Else whoever never ends a request would keep everybody out.
TEST_F(AcceptorMakesRoomTest, ByOneInTheMiddleOfARequestWhereNoneIsIdle) {
  for (TestClient* client : {&second_, &first_, &third_}) {
    ASSERT_TRUE(client->Send("get x\nget"));
    EXPECT_EQ(client->ReceiveUntil('\n'), "200 worker0\n");
  }
  Connect();
  EXPECT_TRUE(second_.IsClosed());
  EXPECT_EQ(first_.Ask(" x\n"), "200 worker0\n");
}

TEST_F(AcceptorMakesRoomTest, SaysSo) {
  Connect();
  EXPECT_THAT(proxy_.Tick(),
              ElementsAre(absl::StrCat("client_limit of 3 is reached at ",
                                       proxy_.tcp_name(),
                                       ", of the loopback: idle "
                                       "connections closed for new ones: 1")));
}

TEST(AcceptorMakesRoomWithThreadsTest, ByTheWorkerThatHasMost) {
  ProxyUnderTest proxy(
      {.threads = 3, .client_limit = 6, .lookup = NameTheWorker});
  std::vector<TestClient> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(proxy.ConnectTcpTable());
    EXPECT_THAT(clients.back().Ask("get x\n"),
                testing::StartsWith("200 worker"));
  }
  for (size_t i = 0; i < 24; ++i) EXPECT_TRUE(clients[i].IsClosed()) << i;
}

TEST(AcceptorUnknownUserTest, IsAnsweredTemporarilyWithTheCause) {
  ProxyUnderTest proxy({.users = {.trusted = {}, .unknown = geteuid()},
                        .lookup = NameTheWorker});
  TestClient client = proxy.ConnectSocketmap();
  EXPECT_EQ(AskMaps(&client),
            "43:TEMP the user of this connection is unknown,");
  EXPECT_TRUE(client.IsClosed());
  const std::vector<std::string> log = proxy.Tick();
  ASSERT_EQ(log.size(), 1U);
  EXPECT_THAT(log[0], testing::HasSubstr(absl::StrCat(
                          proxy.unix_name(), ": uid ", geteuid(), " stands")));
  EXPECT_THAT(log[0], testing::HasSubstr("PrivateUsers="));
  EXPECT_EQ(proxy.ConnectTcpTable().Ask("get x\n"), "200 worker0\n")
      << "over TCP nobody is told by a uid";
}

}  // namespace
}  // namespace postmirror
