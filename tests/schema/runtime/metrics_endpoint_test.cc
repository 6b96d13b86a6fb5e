#include "schema/runtime/metrics_endpoint.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/schema/runtime/scrape.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class MetricsEndpointTest : public ::testing::Test {
 protected:
  // Nobody listens there.
  static std::string FreeAddress(absl::string_view host = "127.0.0.1") {
    return BoundSocket(host).address();
  }

  // Listens there.
  std::string Start(const std::string& address = FreeAddress()) {
    EXPECT_EQ(endpoint_.Listen(address), absl::OkStatus());
    return address;
  }

  std::vector<MetricFamily> Collect() {
    MetricFamily scrapes = {.type = MetricFamily::Type::kCounter,
                            .name = "scrapes_total",
                            .help = help_,
                            .samples = {}};
    scrapes.Add({}, ++scrapes_);
    return {scrapes};
  }

  // Returns all that is answered until the connection is closed.
  static std::string Ask(const std::string& address,
                         absl::string_view request) {
    const int fd = ConnectTo(address);
    Send(fd, request);
    std::string reply = ReadAll(fd);
    close(fd);
    return reply;
  }

  static void Send(int fd, absl::string_view bytes) {
    EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  static std::string ReadAll(int fd) {
    std::string reply;
    char bytes[4096];
    for (ssize_t size; (size = recv(fd, bytes, sizeof(bytes), 0)) > 0;) {
      reply.append(bytes, static_cast<size_t>(size));
    }
    return reply;
  }

  std::string help_ = "Scrapes so far.";
  std::atomic<int> scrapes_ = 0;
  MetricsEndpoint endpoint_{[this] { return Collect(); }};
};

constexpr char kRequest[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(MetricsEndpointTest, AsksAtEachScrape) {
  const std::string address = Start();
  EXPECT_EQ(scrapes_, 0);
  EXPECT_THAT(Scrape(address), HasSubstr("# HELP scrapes_total Scrapes so far."
                                         "\n# TYPE scrapes_total counter\n"
                                         "scrapes_total 1\n"));
  EXPECT_THAT(Scrape(address), HasSubstr("\nscrapes_total 2\n"));
  EXPECT_EQ(scrapes_, 2);
}

TEST_F(MetricsEndpointTest, AnswersAndCloses) {
  EXPECT_THAT(
      Ask(Start(), kRequest),
      AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
            HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; "
                      "charset=utf-8\r\n"),
            HasSubstr("\r\nConnection: close\r\n"),
            EndsWith("\r\n\r\n# HELP scrapes_total Scrapes so far.\n"
                     "# TYPE scrapes_total counter\nscrapes_total 1\n")));
}

TEST_F(MetricsEndpointTest, AHeadHasNoBody) {
  EXPECT_THAT(Ask(Start(), "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                    HasSubstr("\r\nContent-Length: "), EndsWith("\r\n\r\n"),
                    Not(HasSubstr("scrapes_total"))));
}

TEST_F(MetricsEndpointTest, ThereIsNothingElse) {
  const std::string address = Start();
  for (const char* path :
       {"/", "/metrics/", "/Metrics", "/../metrics", "/etc/passwd", "*"}) {
    EXPECT_THAT(Get(address, path), HasSubstr(" 404 Not Found\r\n")) << path;
  }
  for (const char* method : {"POST", "DELETE", "OPTIONS", "get"}) {
    EXPECT_THAT(
        Ask(address, absl::StrCat(method,
                                  " /metrics HTTP/1.1\r\nHost: localhost\r\n"
                                  "Content-Length: 1\r\n\r\nx")),
        AllOf(StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"),
              HasSubstr("\r\nAllow: GET, HEAD\r\n")))
        << method;
  }
  EXPECT_EQ(scrapes_, 0);
}

TEST_F(MetricsEndpointTest, TakesARequestInParts) {
  const int fd = ConnectTo(Start());
  for (const char* part :
       {"GET /met", "rics HTTP/1.1\r\nHost: localhost\r\n", "\r\n"})
    Send(fd, part);
  EXPECT_THAT(ReadAll(fd), EndsWith("\nscrapes_total 1\n"));
  close(fd);
}

TEST_F(MetricsEndpointTest, SendsWhatTheSocketDoesNotTakeAtOnce) {
  help_.resize(20'000'000, 'x');
  EXPECT_THAT(Scrape(Start()).size(), testing::Gt(help_.size()));
}

TEST_F(MetricsEndpointTest, WhatIsNoHttpDoesNoHarm) {
  const std::string address = Start();
  for (const std::string& request :
       {std::string("get me\n\n"), std::string("GET /metrics HTTP/9.9\r\n\r\n"),
        std::string(100'000, 'x'),
        absl::StrCat("GET /metrics HTTP/1.1\r\nX: ", std::string(100'000, 'x'),
                     "\r\n\r\n")}) {
    const int fd = ConnectTo(address);
    // It may be closed before all is sent.
    send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    EXPECT_THAT(ReadAll(fd), Not(HasSubstr(" 200 ")));
    close(fd);
  }
  EXPECT_EQ(scrapes_, 0);
  EXPECT_THAT(Scrape(address), HasSubstr("\nscrapes_total 1\n"));
}

TEST_F(MetricsEndpointTest, WhoDoesNotWaitForTheReplyDoesNoHarm) {
  const std::string address = Start();
  for (int i = 0; i < 50; ++i) {
    const int fd = ConnectTo(address);
    Send(fd, kRequest);
    close(fd);
  }
  EXPECT_THAT(Scrape(address), HasSubstr("\nscrapes_total "));
}

// One that sends a byte now and then is never silent.
TEST_F(MetricsEndpointTest, WhoDoesNotAskKeepsNobodyFromAnAnswer) {
  const std::string address = Start();
  std::vector<int> clients(40);
  for (int& fd : clients) fd = ConnectTo(address);
  absl::Notification scraped;
  std::thread drip([&] {
    do {
      for (const int fd : clients) send(fd, "G", 1, MSG_NOSIGNAL);
    } while (!scraped.WaitForNotificationWithTimeout(absl::Seconds(1)));
  });
  // It waits for ten seconds.
  EXPECT_THAT(Scrape(address), HasSubstr("\nscrapes_total 1\n"));
  scraped.Notify();
  drip.join();
  char byte = 0;
  EXPECT_EQ(recv(clients.back(), &byte, 1, MSG_DONTWAIT), -1);
  EXPECT_EQ(errno, EAGAIN) << "one that came last was told to go";
  for (const int fd : clients) close(fd);
}

// A page of another's, whose name leads here, is not told anything.
TEST_F(MetricsEndpointTest, AsksByWhichNameItWasFound) {
  const std::string address = Start();
  const auto ask = [&](absl::string_view host) {
    return Ask(address, absl::StrCat("GET /metrics HTTP/1.1\r\nHost: ", host,
                                     "\r\n\r\n"));
  };
  char machine[256] = {};
  ASSERT_EQ(gethostname(machine, sizeof(machine) - 1), 0);
  for (const std::string& host :
       {address, std::string("LOCALHOST:1"), std::string("[::1]:80"),
        std::string("192.0.2.1"), std::string(machine)}) {
    EXPECT_THAT(ask(host), StartsWith("HTTP/1.1 200 ")) << host;
  }
  for (const std::string& host :
       {std::string("attacker.test"), std::string("127.0.0.1.attacker.test"),
        std::string("localhost.attacker.test"),
        absl::StrCat(machine, ".attacker.test")}) {
    EXPECT_THAT(ask(host), StartsWith("HTTP/1.1 421 ")) << host;
  }
}

TEST_F(MetricsEndpointTest, ListensOnIpv6) {
  const std::string address = Start(FreeAddress("::1"));
  EXPECT_THAT(address, StartsWith("[::1]:"));
  EXPECT_THAT(Scrape(address), HasSubstr("\nscrapes_total 1\n"));
}

TEST_F(MetricsEndpointTest, ListensOnTheAddressesOfAName) {
  const std::string address = FreeAddress();
  Start(absl::StrCat("localhost", address.substr(address.rfind(':'))));
  EXPECT_THAT(Scrape(address), HasSubstr("\nscrapes_total 1\n"));
}

TEST_F(MetricsEndpointTest, MovesToAnotherAddress) {
  const std::string first = Start();
  const std::string second = Start();
  EXPECT_EQ(Scrape(first), "");
  EXPECT_THAT(Scrape(second), HasSubstr("scrapes_total 1\n"));
  ASSERT_EQ(endpoint_.Listen(""), absl::OkStatus());
  EXPECT_EQ(Scrape(second), "");
}

TEST_F(MetricsEndpointTest, StaysConnectedAtTheSameAddress) {
  const std::string address = Start();
  const int fd = ConnectTo(address);
  Send(fd, "GET /metrics ");
  Start(address);
  Send(fd, "HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(ReadAll(fd), EndsWith("\nscrapes_total 1\n"));
  close(fd);
}

TEST_F(MetricsEndpointTest, StaysWhereItIsIfItCannotMove) {
  const std::string address = Start();
  BoundSocket other;
  other.Listen();
  EXPECT_EQ(endpoint_.Listen(other.address()),
            absl::UnavailableError(absl::StrCat(
                other.address(), ": bind: Address already in use")));
  EXPECT_THAT(Scrape(address), HasSubstr("scrapes_total 1\n"));
}

// Whatever is missing for it, nothing is left that has the address.
TEST_F(MetricsEndpointTest, ListensOnceThereAreDescriptors) {
  const std::string address = FreeAddress();
  // The sanitizer cannot look at the fixture while there are no descriptors.
  MetricsEndpoint& endpoint = endpoint_;
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  const int next = fcntl(0, F_DUPFD, 0);
  close(next);
  few.rlim_cur = static_cast<rlim_t>(next);
  int failed = 0;
  for (;; ++failed, few.rlim_cur += 2) {
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    const absl::Status status = endpoint.Listen(address);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    if (status.ok()) break;
    EXPECT_THAT(std::string(status.message()), StartsWith(address + ": "));
    EXPECT_EQ(ConnectTo(address), -1);
    ASSERT_LT(failed, 20);
  }
  EXPECT_GE(failed, 2);
  EXPECT_THAT(Scrape(address), HasSubstr("\nscrapes_total 1\n"));
}

// A proxy that ends keeps its clients waiting meanwhile.
TEST_F(MetricsEndpointTest, EndsAtOnce) {
  const std::string address = Start();
  const int silent = ConnectTo(address);
  const int halfway = ConnectTo(address);
  Send(halfway, "GET /met");
  EXPECT_THAT(Scrape(address), HasSubstr("\nscrapes_total 1\n"));
  const absl::Time began = absl::Now();
  Start("");
  EXPECT_LT(absl::Now() - began, absl::Milliseconds(500));
  EXPECT_EQ(ReadAll(silent), "");
  EXPECT_EQ(ConnectTo(address), -1);
  close(silent);
  close(halfway);
}

}  // namespace
}  // namespace postmirror
