#include "sync/mariadb/socket_watch.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <utility>

namespace postmirror {
namespace {

// One end of a pair of sockets, which is read like the library's.
class SocketWatchTest : public ::testing::Test {
 protected:
  SocketWatchTest() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    ours_ = FileDescriptor(ends[0]);
    theirs_ = FileDescriptor(ends[1]);
  }

  // Waits until nothing can come any more.
  void WaitUntilShutDown() const {
    constexpr int kWaitMs = 20000;
    pollfd end = {ours_.get(), POLLIN, 0};
    EXPECT_EQ(poll(&end, 1, kWaitMs), 1);
    char byte = 0;
    EXPECT_EQ(recv(ours_.get(), &byte, 1, MSG_DONTWAIT), 0);
  }

  bool IsOpen() const {
    char byte = 0;
    return recv(ours_.get(), &byte, 1, MSG_DONTWAIT) < 0;
  }

  static WatchedSocket::Time After(absl::Duration time) {
    return std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(time);
  }

  SocketWatch watch_;
  FileDescriptor ours_;
  FileDescriptor theirs_;
};

TEST_F(SocketWatchTest, WhatTakesTooLongIsShutDown) {
  WatchedSocket socket(&watch_);
  ASSERT_TRUE(socket.Set(ours_.get()));
  const TimeLimit limit(&socket, absl::Milliseconds(1), "a rule");
  WaitUntilShutDown();
  EXPECT_EQ(socket.exceeded(), "1ms (a rule)");
  EXPECT_TRUE(socket.ended());
  EXPECT_FALSE(socket.cancelled());
}

TEST_F(SocketWatchTest, TheLimitMayBeThereBeforeTheSocket) {
  WatchedSocket socket(&watch_);
  const TimeLimit limit(&socket, absl::Milliseconds(1), "a rule");
  ASSERT_TRUE(socket.Set(ours_.get()));
  WaitUntilShutDown();
}

TEST_F(SocketWatchTest, WhatWasInTimeIsNotShutDown) {
  WatchedSocket socket(&watch_);
  ASSERT_TRUE(socket.Set(ours_.get()));
  { const TimeLimit limit(&socket, absl::Hours(1), "a rule"); }
  EXPECT_TRUE(IsOpen());
  EXPECT_FALSE(socket.ended());
  // And may be limited again.
  const TimeLimit limit(&socket, absl::Milliseconds(1), "another rule");
  WaitUntilShutDown();
  EXPECT_EQ(socket.exceeded(), "1ms (another rule)");
}

TEST_F(SocketWatchTest, WhatGoesOnIsNotShutDown) {
  WatchedSocket socket(&watch_);
  ASSERT_TRUE(socket.Set(ours_.get()));
  const TimeLimit limit(&socket, absl::Hours(1), "a rule");
  socket.EndIfLate(After(absl::Minutes(59)));
  socket.Progress();
  socket.EndIfLate(After(absl::Minutes(61)));
  EXPECT_TRUE(IsOpen());
  socket.EndIfLate(After(absl::Minutes(123)));
  EXPECT_FALSE(IsOpen());
}

TEST_F(SocketWatchTest, TheOuterLimitHolds) {
  WatchedSocket socket(&watch_);
  ASSERT_TRUE(socket.Set(ours_.get()));
  const TimeLimit outer(&socket, absl::Milliseconds(1), "outer");
  { const TimeLimit inner(&socket, absl::Hours(1), "inner"); }
  WaitUntilShutDown();
  EXPECT_EQ(socket.exceeded(), "1ms (outer)");
}

TEST_F(SocketWatchTest, CancelEndsWhatIsThere) {
  WatchedSocket socket(&watch_);
  ASSERT_TRUE(socket.Set(ours_.get()));
  watch_.Cancel();
  WaitUntilShutDown();
  EXPECT_TRUE(socket.cancelled());
}

TEST_F(SocketWatchTest, CancelEndsWhatComesLater) {
  WatchedSocket opening(&watch_);
  watch_.Cancel();
  EXPECT_TRUE(opening.cancelled());
  ASSERT_TRUE(opening.Set(ours_.get()));
  WaitUntilShutDown();
  const WatchedSocket later(&watch_);
  EXPECT_TRUE(later.cancelled());
}

TEST_F(SocketWatchTest, WithoutAWatchNothingIsLate) {
  WatchedSocket socket(nullptr);
  ASSERT_TRUE(socket.Set(ours_.get()));
  const TimeLimit limit(&socket, absl::ZeroDuration(), "a rule");
  EXPECT_TRUE(IsOpen());
  socket.Cancel();
  WaitUntilShutDown();
}

}  // namespace
}  // namespace postmirror
