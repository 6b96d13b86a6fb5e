#include "schema/runtime/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/schema/runtime/scrape.h"

namespace postmirror {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HttpServerTest : public ::testing::Test {
 protected:
  void SetUp() override { Start(FreeAddress("127.0.0.1")); }

  // Nobody listens there.
  static std::string FreeAddress(absl::string_view host) {
    return BoundSocket(host).address();
  }

  void Start(const std::string& address) {
    auto server = HttpServer::Start(address, [this] { return text_; });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    address_ = address;
  }

  // Sends, and returns all that comes until the server closes.
  std::string Exchange(absl::string_view bytes) {
    const int fd = ConnectTo(address_);
    EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    std::string reply = ReadAll(fd);
    close(fd);
    return reply;
  }

  static std::string ReadAll(int fd) {
    std::string reply;
    char bytes[4096];
    for (ssize_t size; (size = recv(fd, bytes, sizeof(bytes), 0)) > 0;) {
      reply.append(bytes, static_cast<size_t>(size));
    }
    return reply;
  }

  std::string text_ = "some 1\n";
  std::string address_;
  std::unique_ptr<HttpServer> server_;
};

constexpr char kRequest[] = "GET /metrics HTTP/1.1\r\n\r\n";

TEST_F(HttpServerTest, AnswersAndCloses) {
  EXPECT_THAT(Exchange(kRequest), EndsWith("\r\n\r\nsome 1\n"));
  EXPECT_THAT(Exchange("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(HttpServerTest, TakesARequestInParts) {
  const int fd = ConnectTo(address_);
  for (const char* part : {"GET /met", "rics HTTP/1.1\r\n", "\r\n"}) {
    ASSERT_GT(send(fd, part, strlen(part), MSG_NOSIGNAL), 0);
  }
  EXPECT_THAT(ReadAll(fd), EndsWith("\r\n\r\nsome 1\n"));
  close(fd);
}

TEST_F(HttpServerTest, SendsWhatTheSocketDoesNotTakeAtOnce) {
  text_ = std::string(8'000'000, 'x');
  EXPECT_THAT(Exchange(kRequest).size(), testing::Gt(text_.size()));
}

// What is sent behind the request stays unread, and must not take the rest of
// the reply back.
TEST_F(HttpServerTest, AnswersThoughMoreIsSent) {
  text_ = std::string(8'000'000, 'x');
  const std::string more = kRequest + std::string(60'000, 'x');
  EXPECT_THAT(Exchange(more).size(), testing::Gt(text_.size()));
}

TEST_F(HttpServerTest, ListensOnIpv6) {
  Start(FreeAddress("::1"));
  EXPECT_THAT(address_, StartsWith("[::1]:"));
  EXPECT_THAT(Exchange(kRequest), EndsWith("some 1\n"));
}

TEST_F(HttpServerTest, ListensOnTheAddressesOfAName) {
  const std::string port = address_.substr(address_.rfind(':') + 1);
  server_.reset();
  Start("localhost:" + port);
  EXPECT_THAT(Scrape("127.0.0.1:" + port), HasSubstr("some 1\n"));
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
  const auto why = [](const std::string& address) {
    return HttpServer::Start(address, [] { return ""; }).status();
  };
  EXPECT_EQ(why(address_), absl::UnavailableError(absl::StrCat(
                               address_, ": bind: Address already in use")));
  EXPECT_EQ(why("192.0.2.1:9940"),
            absl::UnavailableError(
                "192.0.2.1:9940: bind: Cannot assign requested address"));
  EXPECT_THAT(std::string(why("nowhere.invalid:9940").message()),
              StartsWith("nowhere.invalid:9940: resolve: "));
}

TEST_F(HttpServerTest, WhoSaysNothingKeepsNobodyWaiting) {
  std::vector<int> silent;
  for (size_t i = 0; i < HttpServer::kMaxClients; ++i) {
    silent.push_back(ConnectTo(address_));
    ASSERT_GE(silent.back(), 0);
  }
  EXPECT_THAT(Exchange(kRequest), EndsWith("some 1\n"));
  // The oldest had to go for it, and no other.
  EXPECT_EQ(ReadAll(silent.front()), "");
  char byte;
  EXPECT_EQ(recv(silent.back(), &byte, 1, MSG_DONTWAIT), -1);
  for (const int fd : silent) close(fd);
}

TEST_F(HttpServerTest, WhoDoesNotWaitForTheReplyDoesNoHarm) {
  for (int i = 0; i < 50; ++i) {
    const int fd = ConnectTo(address_);
    ASSERT_GT(send(fd, kRequest, strlen(kRequest), MSG_NOSIGNAL), 0);
    close(fd);
  }
  EXPECT_THAT(Exchange(kRequest), EndsWith("some 1\n"));
}

// A proxy that ends keeps its clients waiting meanwhile.
TEST_F(HttpServerTest, EndsAtOnce) {
  const int silent = ConnectTo(address_);
  ASSERT_GE(silent, 0);
  EXPECT_THAT(Exchange(kRequest), EndsWith("some 1\n"));
  const absl::Time began = absl::Now();
  server_.reset();
  EXPECT_LT(absl::Now() - began, absl::Milliseconds(500));
  EXPECT_EQ(ReadAll(silent), "");
  EXPECT_EQ(ConnectTo(address_), -1);
  close(silent);
}

}  // namespace
}  // namespace postmirror
