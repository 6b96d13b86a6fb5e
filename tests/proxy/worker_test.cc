#include "proxy/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proxy/client_counts.h"
#include "tests/proxy/postfix_client.h"
#include "tests/proxy/proxy_under_test.h"

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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

// Until then no more is read from it, so that it makes us keep no more.
TEST_F(WorkerTest, ClientThatNeverReadsIsClosedAtTheDeadline) {
  TestClient client = proxy_.ConnectSocketmap();
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += SocketmapRequest("maps", "big");
  client.SendUntilItStalls(requests);
  EXPECT_THAT(proxy_.Tick(), IsEmpty());
  proxy_.TickUntilOverdue();
  EXPECT_FALSE(client.Send("x"));
  EXPECT_NE(errno, EAGAIN) << "closed, rather than stalled";
  EXPECT_EQ(proxy_.ConnectTcpTable().Ask("get me\n"), "200 me@example.org\n");
}

TEST_F(WorkerTest, RequestThatDoesNotArriveIsClosedAtTheDeadline) {
  TestClient slow = proxy_.ConnectTcpTable();
  TestClient idle = proxy_.ConnectTcpTable();
  EXPECT_EQ(idle.Ask("get me\n"), "200 me@example.org\n");
  EXPECT_EQ(slow.Ask("get me\nget"), "200 me@example.org\n");
  for (uint64_t i = 0; i < ClientGroups::kMaxUnfinishedSeconds; ++i) {
    ASSERT_TRUE(slow.Send("x")) << "a byte now and then is no request";
    EXPECT_THAT(proxy_.Tick(), IsEmpty());
  }
  EXPECT_THAT(proxy_.Tick(),
              ElementsAre("a request did not arrive, or a reply was not read, "
                          "within 10 s: connections closed: 1"));
  EXPECT_TRUE(slow.IsClosed());
  EXPECT_EQ(idle.Ask("get me\n"), "200 me@example.org\n") << "idle for ever";
}

TEST_F(WorkerTest, EachRequestHasADeadlineOfItsOwn) {
  TestClient client = proxy_.ConnectTcpTable();
  ASSERT_TRUE(client.Send("get"));
  for (uint64_t i = 0; i < 3 * ClientGroups::kMaxUnfinishedSeconds; ++i) {
    EXPECT_EQ(client.Ask(" me\nget"), "200 me@example.org\n");
    proxy_.Tick();
  }
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

TEST(WorkerWakeUpTest, WhoAsksAThousandTimesWaitsForTheOthersInBetween) {
  constexpr size_t kRequests = 10000;
  constexpr size_t kMostBytes = 4096;
  const std::string request = "get you\n";
  const std::string reply = "500 not found\n";
  size_t lookups = 0;
  size_t most = 0;  // of a wake-up
  ProxyUnderTest proxy({.lookup =
                            [&](size_t, absl::string_view, std::string*) {
                              most = std::max(most, ++lookups);
                              return Outcome::kNotFound;
                            },
                        .before_waiting = [&] { lookups = 0; }});
  std::string requests;
  for (size_t i = 0; i < kRequests; ++i) requests += request;
  TestClient client = proxy.ConnectTcpTable();
  ASSERT_TRUE(client.Send(requests));
  EXPECT_EQ(client.Receive(kRequests * reply.size()).size(),
            kRequests * reply.size());
  EXPECT_LE(most, kMostBytes / request.size() + 1);
}

// Two connected sockets, the second for the worker.
struct SocketPair {
  SocketPair() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                         ends),
              0);
    client = FileDescriptor(ends[0]);
    worker = FileDescriptor(ends[1]);
  }

  FileDescriptor client;
  FileDescriptor worker;
};

class WorkerReleaseTest : public testing::Test {
 protected:
  // Serves a client that sends these bytes and reads nothing.
  void Serve(SocketPair* pair, absl::string_view bytes) {
    clients_.Add(holder_, worker_.get());
    ASSERT_EQ(write(pair->client.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
    worker_->HandOver({.socket = std::move(pair->worker),
                       .codec = &codec_,
                       .holder = holder_});
  }

  // Answers what was sent.
  void RunOnce() {
    worker_->Post([this] { worker_->Stop(); });
    worker_->Run();
  }

  const TcpTableCodec codec_{0};
  const Holder holder_ = {.listener = "/run/maps", .peer = {}};
  ClientCounts clients_{LocalUsers()};
  const std::unique_ptr<Worker> worker_ = *Worker::Create(
      {.lookup = [](size_t, absl::string_view key,
                    std::string* value) { return Lookup(0, key, value); }},
      &clients_);
};

TEST_F(WorkerReleaseTest, GivesAwayAClientBetweenTwoRequests) {
  SocketPair pair;
  Serve(&pair, "get me\n");
  RunOnce();
  std::vector<Worker::Arrival> released = worker_->Release();
  ASSERT_EQ(released.size(), 1U);
  EXPECT_EQ(released[0].codec, &codec_);
  char reply[64] = {};
  EXPECT_EQ(read(pair.client.get(), reply, sizeof(reply)), 19);
  EXPECT_STREQ(reply, "200 me@example.org\n");
  EXPECT_EQ(write(released[0].socket.get(), "x", 1), 1) << "it is open";
}

TEST_F(WorkerReleaseTest, KeepsAClientInTheMiddleOfARequest) {
  SocketPair pair;
  Serve(&pair, "get m");
  RunOnce();
  EXPECT_TRUE(worker_->Release().empty());
}

TEST_F(WorkerReleaseTest, GivesAwayAClientThatWasNotWelcomedYet) {
  SocketPair pair;
  Serve(&pair, "get me\n");
  EXPECT_EQ(worker_->Release().size(), 1U);
}

// Answers with more than a worker keeps.
class HugeReplies : public Codec {
 public:
  Progress Take(absl::string_view* input, Request* request) const override {
    return requests_.Take(input, request);
  }
  Outcome AppendReply(Outcome outcome, absl::string_view,
                      std::string* output) const override {
    output->append(ClientGroups::kMaxKeptBytes + (size_t{8} << 20), 'x');
    return outcome;
  }
  void AppendRefusal(absl::string_view, std::string*) const override {}
  bool ReconnectsAtOnce() const override { return false; }

 private:
  const TcpTableCodec requests_{0};
};

TEST_F(WorkerReleaseTest, WhoHoldsTooMuchIsClosedAndCountedForThat) {
  const HugeReplies codec;
  SocketPair pair;
  clients_.Add(holder_, worker_.get());
  ASSERT_EQ(write(pair.client.get(), "get me\n", 7), 7);
  worker_->HandOver(
      {.socket = std::move(pair.worker), .codec = &codec, .holder = holder_});
  RunOnce();
  EXPECT_EQ(clients_.At("/run/maps"), 0);
  EXPECT_EQ(clients_.TakeGreedy(), 1);
  EXPECT_EQ(clients_.TakeGreedy(), 0) << "taken";
  EXPECT_EQ(clients_.TakeOverdue(), 0);
}

TEST_F(WorkerReleaseTest, DismissesTheClientsOfACodec) {
  SocketPair pair;
  Serve(&pair, "get me\n");
  worker_->Post([this] { worker_->Dismiss(&codec_); });
  RunOnce();
  EXPECT_TRUE(worker_->Release().empty());
  EXPECT_EQ(clients_.At("/run/maps"), 0);
}

}  // namespace
}  // namespace postmirror
