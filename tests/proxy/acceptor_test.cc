#include "proxy/acceptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/proxy/postfix_client.h"
#include "tests/proxy/proxy_under_test.h"

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kTurnedAway[] = "400 too many connections\n";

// The value is the worker that looked it up.
Outcome NameTheWorker(size_t worker, absl::string_view, std::string* value) {
  *value = absl::StrCat("worker", worker);
  return Outcome::kFound;
}

TEST(AcceptorTest, HandsClientsToTheWorkersInTurn) {
  ProxyUnderTest proxy({.threads = 3, .lookup = NameTheWorker});
  std::vector<TestClient> clients;
  std::vector<std::string> replies;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(proxy.ConnectTcpTable());
    replies.push_back(clients.back().Ask("get x\n"));
  }
  EXPECT_THAT(replies,
              ElementsAre("200 worker0\n", "200 worker1\n", "200 worker2\n",
                          "200 worker0\n", "200 worker1\n", "200 worker2\n"));
  EXPECT_EQ(clients[1].Ask("get y\n"), "200 worker1\n");
}

class AcceptorAtItsLimitTest : public testing::Test {
 protected:
  // An answer proves that a client has its place.
  AcceptorAtItsLimitTest() {
    EXPECT_EQ(first_.Ask("get x\n"), "200 worker0\n");
    EXPECT_EQ(second_.Ask("get x\n"), "200 worker0\n");
  }

  ProxyUnderTest proxy_{{.client_limit = 2, .lookup = NameTheWorker}};
  TestClient first_ = proxy_.ConnectTcpTable();
  TestClient second_ = proxy_.ConnectTcpTable();
};

TEST_F(AcceptorAtItsLimitTest, TurnsAwayWithOneTemporaryReply) {
  TestClient third = proxy_.ConnectTcpTable();
  EXPECT_EQ(third.Ask("get x\n"), kTurnedAway);
  EXPECT_TRUE(third.IsClosed());
  TestClient fourth = proxy_.ConnectSocketmap();
  ASSERT_TRUE(fourth.Send(SocketmapRequest("maps", "x")));
  EXPECT_EQ(fourth.ReceiveUntil(','), "25:TEMP too many connections,");
  EXPECT_TRUE(fourth.IsClosed());
  EXPECT_EQ(first_.Ask("get x\n"), "200 worker0\n");
}

TEST_F(AcceptorAtItsLimitTest, ServesAgainWhenAClientHasLeft) {
  EXPECT_EQ(proxy_.ConnectTcpTable().Ask("get x\n"), kTurnedAway);
  second_.Send(std::string(1 << 18, 'x'));
  ASSERT_TRUE(second_.IsClosed());
  TestClient next = proxy_.ConnectTcpTable();
  EXPECT_EQ(next.Ask("get x\n"), "200 worker0\n");
  EXPECT_EQ(proxy_.ConnectTcpTable().Ask("get x\n"), kTurnedAway);
}

TEST_F(AcceptorAtItsLimitTest, ClosesTheOldestOfTooManyThatAreTurnedAway) {
  std::vector<TestClient> idle;
  for (size_t i = 0; i < Worker::kMaxTurnedAway; ++i) {
    idle.push_back(proxy_.ConnectTcpTable());
  }
  EXPECT_EQ(proxy_.ConnectTcpTable().Ask("get x\n"), kTurnedAway);
  EXPECT_TRUE(idle.front().IsClosed());
  EXPECT_EQ(idle[1].Ask("get x\n"), kTurnedAway);
  EXPECT_EQ(first_.Ask("get x\n"), "200 worker0\n");
}

TEST_F(AcceptorAtItsLimitTest, SaysSoAtMostOnceAMinute) {
  EXPECT_THAT(proxy_.Tick(), IsEmpty());
  proxy_.ConnectTcpTable().Ask("get x\n");
  proxy_.ConnectTcpTable().Ask("get x\n");
  EXPECT_THAT(proxy_.Tick(), ElementsAre("client_limit of 2 is reached: "
                                         "connections turned away: 2"));
  for (int second = 1; second < 60; ++second) {
    proxy_.ConnectTcpTable().Ask("get x\n");
    EXPECT_THAT(proxy_.Tick(), IsEmpty()) << second;
  }
  EXPECT_THAT(proxy_.Tick(), ElementsAre("client_limit of 2 is reached: "
                                         "connections turned away: 59"));
}

// Leaves the process without a free descriptor while it lives.
class NoFreeDescriptors {
 public:
  NoFreeDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const FileDescriptor lowest_free(dup(0));
    const rlimit none = {.rlim_cur = static_cast<rlim_t>(lowest_free.get()),
                         .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoFreeDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_ = {};
};

TEST(AcceptorTest, ClientWaitsWhileThereIsNoFreeDescriptor) {
  ProxyUnderTest proxy({.lookup = NameTheWorker});
  TestClient other = proxy.ConnectTcpTable();
  EXPECT_EQ(other.Ask("get x\n"), "200 worker0\n");
  FileDescriptor socket = proxy.UnconnectedSocket();
  std::vector<TestClient> waiting;
  {
    const NoFreeDescriptors none;
    waiting.push_back(proxy.ConnectTcpTable(std::move(socket)));
    EXPECT_EQ(other.Ask("get x\n"), "200 worker0\n") << "the others are served";
    EXPECT_EQ(other.Ask("get x\n"), "200 worker0\n");
  }
  EXPECT_THAT(proxy.Tick(),
              ElementsAre("accept: Too many open files: waited before "
                          "accepting again: 1"));
  EXPECT_EQ(waiting.front().Ask("get x\n"), "200 worker0\n");
}

}  // namespace
}  // namespace postmirror
