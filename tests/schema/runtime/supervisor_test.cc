#include "schema/runtime/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

// What systemd has at its end of NOTIFY_SOCKET.
class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    const std::string path = folder_ + "/notify";
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)),
              0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~SupervisorTest() override {
    unsetenv("NOTIFY_SOCKET");
    close(socket_);
    unlink((folder_ + "/notify").c_str());
    rmdir(folder_.c_str());
  }

  // The messages that have come, each as it was sent.
  std::vector<std::string> Received() {
    std::vector<std::string> messages;
    char buffer[1024];
    ssize_t size = 0;
    while ((size = recv(socket_, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
      messages.emplace_back(buffer, static_cast<size_t>(size));
    }
    return messages;
  }

  const int socket_ = socket(AF_UNIX, SOCK_DGRAM, 0);
  std::string folder_ = testing::TempDir() + "/managerXXXXXX";
  Supervisor supervisor_;
};

TEST_F(SupervisorTest, SaysThatItIsReadyAndHow) {
  supervisor_.Ready("answering");
  EXPECT_THAT(Received(), ElementsAre("READY=1\nSTATUS=answering\n"));
}

TEST_F(SupervisorTest, AStatusIsSentOnce) {
  supervisor_.Ready("answering");
  supervisor_.Status("answering");
  supervisor_.Status("broken");
  supervisor_.Status("broken");
  EXPECT_THAT(Received(),
              ElementsAre("READY=1\nSTATUS=answering\n", "STATUS=broken\n"));
}

// Another line would be another variable.
TEST_F(SupervisorTest, AStatusIsOneLine) {
  supervisor_.Status("one\nMAINPID=1");
  EXPECT_THAT(Received(), ElementsAre("STATUS=one; MAINPID=1\n"));
}

TEST_F(SupervisorTest, AReloadHasItsMoment) {
  supervisor_.Reloading();
  EXPECT_THAT(
      Received(),
      ElementsAre(MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+\n")));
}

TEST_F(SupervisorTest, NobodyWaitsForSignsOfLife) {
  EXPECT_EQ(supervisor_.alive_interval(), absl::ZeroDuration());
}

TEST_F(SupervisorTest, SignsOfLifeAreDueInHalfTheTimeThatIsAllowed) {
  setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(supervisor_.alive_interval(), absl::Seconds(15));
  unsetenv("WATCHDOG_USEC");
}

TEST_F(SupervisorTest, WhatWasTakenIsDropped) {
  supervisor_.Drop("connections");
  EXPECT_THAT(Received(), ElementsAre("FDSTOREREMOVE=1\nFDNAME=connections\n"));
}

TEST_F(SupervisorTest, WithoutAManagerNothingHappens) {
  unsetenv("NOTIFY_SOCKET");
  supervisor_.Ready("answering");
  supervisor_.Stopping();
  supervisor_.Keep({.number = 0, .name = "connections"});
  supervisor_.Drop("connections");
  EXPECT_THAT(Received(), IsEmpty());
  EXPECT_THAT(supervisor_.TakeDescriptors(), IsEmpty());
}

}  // namespace
}  // namespace postmirror
