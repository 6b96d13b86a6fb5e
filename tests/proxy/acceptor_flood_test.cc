// Clients that connect, or ask, faster than they can be served.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proxy/acceptor.h"
#include "tests/proxy/postfix_client.h"
#include "tests/proxy/proxy_under_test.h"

namespace postmirror {
namespace {

using testing::Each;
using testing::SizeIs;

size_t OpenDescriptors() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(open), end(open)));
}

// A proxy whose thread, or one of them, waits in a lookup of the key "wait".
class AcceptorFloodTest : public testing::Test {
 protected:
  void Start(int threads, int client_limit,
             std::set<uint32_t> trusted = {geteuid()}) {
    proxy_ = std::make_unique<ProxyUnderTest>(ProxyUnderTest::Options{
        .threads = threads,
        .client_limit = client_limit,
        .users = {.trusted = std::move(trusted), .unknown = std::nullopt},
        .lookup = [this](size_t worker, absl::string_view key,
                         std::string* value) {
          return Lookup(worker, key, value);
        }});
  }

  // Keeps the worker of that client waiting, until LetGo().
  void Stop(TestClient* client) {
    ASSERT_TRUE(client->Send("get wait\n"));
    waits_.wait(false);
  }

  void LetGo() {
    waits_ = false;
    waits_.notify_all();
  }

  static void AskMaps(TestClient* client) {
    ASSERT_TRUE(client->Send(SocketmapRequest("maps", "x")));
  }

  std::unique_ptr<ProxyUnderTest> proxy_;
  // How many were accepted at each lookup of "x"; of one worker.
  std::vector<uint64_t> accepted_;

 private:
  Outcome Lookup(size_t worker, absl::string_view key, std::string* value) {
    if (key == "wait") {
      waits_ = true;
      waits_.notify_all();
      waits_.wait(true);
    } else if (key == "x") {
      accepted_.push_back(proxy_->acceptor().accepted());
    }
    *value = absl::StrCat("worker", worker);
    return Outcome::kFound;
  }

  std::atomic<bool> waits_ = false;
};

// While the queue of a unix socket is full, whoever connects is refused.
TEST_F(AcceptorFloodTest, AllWhoWaitAreAcceptedBeforeOneOfThemIsServed) {
  constexpr size_t kWaiting = 300;
  Start(1, 1000);
  TestClient first = proxy_->ConnectTcpTable();
  Stop(&first);
  std::vector<TestClient> clients;
  for (size_t i = 0; i < kWaiting; ++i) {
    clients.push_back(proxy_->ConnectSocketmap());
    AskMaps(&clients.back());
  }
  LetGo();
  for (TestClient& client : clients) client.ReceiveUntil(',');
  EXPECT_THAT(accepted_, SizeIs(kWaiting));
  EXPECT_THAT(accepted_, Each(kWaiting + 1));
}

TEST_F(AcceptorFloodTest, WhoConnectsDoesNotWaitForAllWhoAsk) {
  constexpr size_t kAsking = 400;
  Start(1, 1000);
  TestClient first = proxy_->ConnectTcpTable();
  std::vector<TestClient> clients;
  for (size_t i = 0; i < kAsking; ++i) {
    clients.push_back(proxy_->ConnectTcpTable());
    EXPECT_EQ(clients.back().Ask("get me\n"), "200 worker0\n");
  }
  Stop(&first);
  for (TestClient& client : clients) ASSERT_TRUE(client.Send("get x\n"));
  TestClient last = proxy_->ConnectSocketmap();
  LetGo();
  for (TestClient& client : clients) client.ReceiveUntil('\n');
  EXPECT_THAT(accepted_, SizeIs(kAsking));
  EXPECT_THAT(accepted_, Each(kAsking + 2));
}

// It would take longer to serve each than to connect.
TEST_F(AcceptorFloodTest, OfAUserWhoCrowdsHimselfOutMostAreClosed) {
  constexpr size_t kWaiting = 300;
  constexpr size_t kLimit = 4;
  Start(1, kLimit, {});
  TestClient first = proxy_->ConnectTcpTable();
  Stop(&first);
  std::vector<TestClient> clients;
  for (size_t i = 0; i < kWaiting; ++i) {
    clients.push_back(proxy_->ConnectSocketmap());
  }
  LetGo();
  EXPECT_TRUE(clients.back().IsClosed());
  EXPECT_EQ(proxy_->acceptor().accepted(), 1 + kLimit + Acceptor::kMaxOwnMoves);
  EXPECT_EQ(first.ReceiveUntil('\n'), "200 worker0\n");
  proxy_->Tick();  // the wake-up is over
  TestClient next = proxy_->ConnectSocketmap();
  AskMaps(&next);
  EXPECT_EQ(next.ReceiveUntil(','), "10:OK worker0,");
}

// Postfix's clients come in a burst, too.
TEST_F(AcceptorFloodTest, OfOneWhoIsTrustedAllAreAnswered) {
  constexpr size_t kWaiting = 300;
  Start(1, 4);
  TestClient first = proxy_->ConnectTcpTable();
  Stop(&first);
  std::vector<TestClient> clients;
  for (size_t i = 0; i < kWaiting; ++i) {
    clients.push_back(proxy_->ConnectSocketmap());
    AskMaps(&clients.back());
  }
  LetGo();
  for (TestClient& client : clients) {
    EXPECT_EQ(client.ReceiveUntil(','), "10:OK worker0,");
  }
  EXPECT_EQ(proxy_->acceptor().turned_away(), 0U);
}

// Each would hold a descriptor until the worker that it goes to has closed
// another one for it.
TEST_F(AcceptorFloodTest, NoMoreThanSomeWaitForAnotherThread) {
  constexpr int kLimit = 4;
  constexpr size_t kConnects = 4 * Acceptor::kMaxMoving + 1;
  Start(2, kLimit);
  std::vector<TestClient> clients;
  for (int i = 0; i < kLimit; ++i) {
    clients.push_back(proxy_->ConnectTcpTable());
    EXPECT_EQ(clients.back().Ask("get me\n"),
              absl::StrCat("200 worker", i % 2, "\n"));
  }
  Stop(&clients[1]);
  const size_t before = OpenDescriptors();
  for (size_t i = 0; i < kConnects; ++i) {
    clients.push_back(proxy_->ConnectTcpTable());
  }
  EXPECT_EQ(clients.back().Ask("get me\n"), "200 worker0\n");
  EXPECT_LE(OpenDescriptors() - before, kConnects + Acceptor::kMaxMoving);
  LetGo();
}

}  // namespace
}  // namespace postmirror
