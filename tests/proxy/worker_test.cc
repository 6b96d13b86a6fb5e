#include "proxy/worker.h"

#include <gtest/gtest.h>

#include <mutex>

#include "absl/strings/str_cat.h"
#include "tests/proxy/postfix_client.h"
#include "tests/proxy/proxy_under_test.h"

namespace postmirror {
namespace {

constexpr size_t kBigValueBytes = 90000;

Outcome Lookup(size_t, absl::string_view key, std::string* value) {
  if (key == "down") return Outcome::kTemporary;
  if (key == "big") *value = std::string(kBigValueBytes, 'b');
  if (key == "me") *value = "me@example.org";
  return value->empty() ? Outcome::kNotFound : Outcome::kFound;
}

class WorkerTest : public testing::Test {
 protected:
  ProxyUnderTest proxy_{{.lookup = Lookup}};
};

TEST_F(WorkerTest, AnswersTcpTableLookups) {
  TestClient client = proxy_.ConnectTcpTable();
  EXPECT_EQ(client.Ask("get me\n"), "200 me@example.org\n");
  EXPECT_EQ(client.Ask("get you\n"), "500 not found\n");
  EXPECT_EQ(client.Ask("get down\n"), "400 temporary failure\n");
}

TEST_F(WorkerTest, AnswersSocketmapLookupsOverAUnixSocket) {
  TestClient client = proxy_.ConnectSocketmap();
  ASSERT_TRUE(client.Send(SocketmapRequest("maps", "me")));
  EXPECT_EQ(client.ReceiveUntil(','), "17:OK me@example.org,");
}

TEST_F(WorkerTest, AnswersManyRequestsOfOneSegmentInOrder) {
  std::string requests;
  std::string replies;
  for (int i = 0; i < 500; ++i) {
    requests += "get me\nget you\n";
    replies += "200 me@example.org\n500 not found\n";
  }
  TestClient client = proxy_.ConnectTcpTable();
  ASSERT_TRUE(client.Send(requests));
  EXPECT_EQ(client.Receive(replies.size()), replies);
}

TEST_F(WorkerTest, AnswersARequestOfManySegments) {
  TestClient client = proxy_.ConnectTcpTable();
  for (const char* part : {"g", "et ", "m", "e"})
    ASSERT_TRUE(client.Send(part));
  EXPECT_EQ(client.Ask("\n"), "200 me@example.org\n");
}

TEST_F(WorkerTest, AnswersARequestLongerThanTheReadBuffer) {
  TestClient client = proxy_.ConnectTcpTable();
  ASSERT_TRUE(client.Send("get " + std::string(100000, 'x')));
  EXPECT_EQ(client.Ask("\nget me\n"), "500 not found\n");
  EXPECT_EQ(client.ReceiveUntil('\n'), "200 me@example.org\n");
}

TEST_F(WorkerTest, MalformedNetstringClosesThatConnectionAlone) {
  TestClient broken = proxy_.ConnectSocketmap();
  TestClient other = proxy_.ConnectSocketmap();
  ASSERT_TRUE(broken.Send("get me\n"));
  EXPECT_TRUE(broken.IsClosed());
  ASSERT_TRUE(other.Send(SocketmapRequest("maps", "me")));
  EXPECT_EQ(other.ReceiveUntil(','), "17:OK me@example.org,");
}

TEST_F(WorkerTest, EndlessLineIsCutOff) {
  TestClient client = proxy_.ConnectTcpTable();
  client.Send(std::string(1 << 20, 'x'));
  EXPECT_TRUE(client.IsClosed());
  EXPECT_EQ(proxy_.ConnectTcpTable().Ask("get me\n"), "200 me@example.org\n");
}

TEST_F(WorkerTest, ClientThatNeverReadsIsCutOff) {
  TestClient client = proxy_.ConnectSocketmap();
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += SocketmapRequest("maps", "big");
  bool sent = true;
  for (int i = 0; i < 1000 && sent; ++i) sent = client.Send(requests);
  EXPECT_FALSE(sent)
      << "nobody takes ten megabytes of requests without an answer";
  EXPECT_NE(errno, EAGAIN) << "closed, rather than stalled";
  EXPECT_EQ(proxy_.ConnectTcpTable().Ask("get me\n"), "200 me@example.org\n");
}

TEST_F(WorkerTest, RepliesWaitForAClientThatReadsLate) {
  constexpr size_t kRequests = 64;
  const size_t reply_bytes =
      absl::StrCat(kBigValueBytes + 3, ":OK ,").size() + kBigValueBytes;
  std::string requests;
  for (size_t i = 0; i < kRequests; ++i)
    requests += SocketmapRequest("maps", "big");
  TestClient client = proxy_.ConnectSocketmap();
  ASSERT_TRUE(client.Send(requests + SocketmapRequest("maps", "me")));
  EXPECT_EQ(client.Receive(kRequests * reply_bytes).size(),
            kRequests * reply_bytes);
  EXPECT_EQ(client.ReceiveUntil(','), "17:OK me@example.org,");
}

TEST_F(WorkerTest, ClientThatShutsDownItsSideGetsItsRepliesThenTheEnd) {
  TestClient client = proxy_.ConnectSocketmap();
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += SocketmapRequest("maps", "big");
  ASSERT_TRUE(client.Send(requests));
  client.ShutDown();
  const std::string replies = client.Receive(20 * (kBigValueBytes + 100));
  EXPECT_GT(replies.size(), 20 * kBigValueBytes);
}

TEST_F(WorkerTest, ClientThatLeavesInTheMiddleHarmsNobody) {
  TestClient other = proxy_.ConnectSocketmap();
  for (int i = 0; i < 20; ++i) {
    TestClient client = proxy_.ConnectSocketmap();
    ASSERT_TRUE(client.Send(SocketmapRequest("maps", "big") + "7:ma"));
  }
  ASSERT_TRUE(other.Send(SocketmapRequest("maps", "me")));
  EXPECT_EQ(other.ReceiveUntil(','), "17:OK me@example.org,");
}

TEST(WorkerWakeUpTest, EndsItsLookupsBeforeItWaits) {
  std::mutex mutex;
  std::string steps;
  ProxyUnderTest proxy({.lookup =
                            [&](size_t, absl::string_view, std::string*) {
                              const std::lock_guard<std::mutex> lock(mutex);
                              steps += 'L';
                              return Outcome::kNotFound;
                            },
                        .before_waiting =
                            [&] {
                              const std::lock_guard<std::mutex> lock(mutex);
                              if (!steps.empty() && steps.back() == 'L')
                                steps += 'W';
                            }});
  TestClient client = proxy.ConnectTcpTable();
  client.Ask("get a\nget b\nget c\n");
  client.Receive(2 * absl::string_view("500 not found\n").size());
  client.Ask("get d\n");
  proxy.Tick();
  const std::lock_guard<std::mutex> lock(mutex);
  EXPECT_EQ(steps.substr(0, 5), "LLLWL");
}

}  // namespace
}  // namespace postmirror
