#include "proxy/acceptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/proxy/postfix_client.h"
#include "tests/proxy/proxy_under_test.h"

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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

class AcceptorFollowTest : public testing::Test {
 protected:
  AcceptorFollowTest() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~AcceptorFollowTest() override { rmdir(folder_.c_str()); }

  std::string Path(absl::string_view name) const {
    return absl::StrCat(folder_, "/", name);
  }

  Listener Bound(absl::string_view name, bool passed) const {
    absl::StatusOr<Listening> listening =
        Listen(*ParseListenEntry(absl::StrCat("socketmap:unix:", Path(name))));
    EXPECT_TRUE(listening.ok()) << listening.status();
    Listener listener = std::move(listening->bound.front());
    listener.passed = passed;
    return listener;
  }

  // Whether somebody can connect there.
  bool Listens(absl::string_view name) const {
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string path = Path(name);
    std::copy(path.begin(), path.end(), address.sun_path);
    return connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)) == 0;
  }

  std::string folder_ = testing::TempDir() + "/followXXXXXX";
  const CodecSet codecs_;
  ClientCounts clients_{LocalUsers()};
  RecordingLogger logger_;
  const std::unique_ptr<Worker> worker_ = *Worker::Create({}, &clients_);
  Acceptor acceptor_{{worker_.get()}, 10, &clients_, &logger_};
};

TEST_F(AcceptorFollowTest, ListensWhereThePlanSaysAndNowhereElse) {
  ASSERT_TRUE(acceptor_.Add(Bound("stays", false), codecs_.unserved()).ok());
  ASSERT_TRUE(acceptor_.Add(Bound("goes", false), codecs_.unserved()).ok());
  ListenPlan plan;
  plan.open[Path("stays")] = codecs_.Named("socketmap");
  plan.bound.emplace_back(Bound("comes", false), codecs_.Named("socketmap"));
  ASSERT_EQ(acceptor_.Follow(std::move(plan)), absl::OkStatus());
  EXPECT_THAT(acceptor_.Addresses(), ElementsAre(Path("comes"), Path("stays")));
  EXPECT_TRUE(Listens("comes"));
  EXPECT_TRUE(Listens("stays"));
  EXPECT_FALSE(Listens("goes"));
  EXPECT_THAT(logger_.Take(), IsEmpty());
}

// systemd would go on to listen there, and nobody would answer.
TEST_F(AcceptorFollowTest, ASocketThatWasPassedStaysWithAWarning) {
  ASSERT_TRUE(acceptor_.Add(Bound("passed", true), codecs_.unserved()).ok());
  ListenPlan plan;
  plan.unserved = codecs_.unserved();
  ASSERT_EQ(acceptor_.Follow(std::move(plan)), absl::OkStatus());
  EXPECT_TRUE(Listens("passed"));
  EXPECT_THAT(logger_.Take(),
              ElementsAre(HasSubstr(Path("passed") + ", which no entry of "
                                                     "listen names")));
}

TEST_F(AcceptorFollowTest, NothingIsSaidOfItWhileNothingIsConfigured) {
  ASSERT_TRUE(acceptor_.Add(Bound("passed", true), codecs_.unserved()).ok());
  ListenPlan plan;
  plan.unserved = codecs_.unserved();
  plan.warns_of_unserved = false;
  ASSERT_EQ(acceptor_.Follow(std::move(plan)), absl::OkStatus());
  EXPECT_THAT(logger_.Take(), IsEmpty());
}

// A tick may stand between the reload and the door's event in one wake-up.
TEST_F(AcceptorFollowTest, AnEventOfAListenerThatIsClosedMeanwhileIsHarmless) {
  ASSERT_TRUE(acceptor_.Add(Bound("goes", false), codecs_.unserved()).ok());
  // First in the batch, as the epoll list has it: it was ready first.
  worker_->Post([this] {
    ASSERT_TRUE(acceptor_.Follow({}).ok());
    acceptor_.Tick();
    worker_->Stop();
  });
  EXPECT_TRUE(Listens("goes"));
  worker_->Run();
  EXPECT_FALSE(Listens("goes"));
}

// Somebody has removed the file: Postfix could not come in any more.
TEST_F(AcceptorFollowTest, ASocketWhoseFileIsGoneIsBoundAgain) {
  ASSERT_TRUE(acceptor_.Add(Bound("gone", false), codecs_.unserved()).ok());
  EXPECT_THAT(acceptor_.Addresses(), ElementsAre(Path("gone")));
  EXPECT_FALSE(acceptor_.HasLost());
  unlink(Path("gone").c_str());
  EXPECT_TRUE(acceptor_.HasLost());
  EXPECT_THAT(acceptor_.Addresses(), IsEmpty());
  ListenPlan plan;
  plan.bound.emplace_back(Bound("gone", false), codecs_.Named("socketmap"));
  ASSERT_EQ(acceptor_.Follow(std::move(plan)), absl::OkStatus());
  EXPECT_THAT(acceptor_.Addresses(), ElementsAre(Path("gone")));
  EXPECT_FALSE(acceptor_.HasLost());
  acceptor_.Tick();
  acceptor_.Tick();
  EXPECT_TRUE(Listens("gone")) << "the former one does not remove it";
  EXPECT_THAT(logger_.Take(), IsEmpty());
}

}  // namespace
}  // namespace postmirror
