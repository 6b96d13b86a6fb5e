#include "schema/runtime/http_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HttpReplyTest : public ::testing::Test {
 protected:
  // "..." while the request is not complete.
  std::string Ask(absl::string_view input) {
    return HttpReply(input,
                     [this] {
                       ++collected_;
                       return std::string("some 1\n");
                     })
        .value_or("...");
  }

  int collected_ = 0;
};

TEST_F(HttpReplyTest, AGetOfMetricsHasThem) {
  EXPECT_EQ(Ask("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"),
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            "Content-Length: 7\r\n"
            "Connection: close\r\n\r\n"
            "some 1\n");
  EXPECT_THAT(Ask("GET /metrics?x=y HTTP/1.0\n\n"), HasSubstr("\nsome 1\n"));
  EXPECT_EQ(collected_, 2);
}

TEST_F(HttpReplyTest, AHeadHasNoBody) {
  EXPECT_THAT(
      Ask("HEAD /metrics HTTP/1.1\r\n\r\n"),
      AllOf(HasSubstr("Content-Length: 7\r\n"), testing::EndsWith("\r\n\r\n")));
}

TEST_F(HttpReplyTest, WaitsForTheWholeHead) {
  const absl::string_view request = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  for (size_t size = 0; size < request.size(); ++size) {
    EXPECT_EQ(Ask(request.substr(0, size)), "...") << size;
  }
}

TEST_F(HttpReplyTest, ThereIsNothingElse) {
  for (const char* path : {"/", "/metrics/", "/Metrics", "/../metrics",
                           "/etc/passwd", "*", "http://localhost/metrics"}) {
    EXPECT_THAT(Ask(absl::StrCat("GET ", path, " HTTP/1.1\r\n\r\n")),
                StartsWith("HTTP/1.1 404 "))
        << path;
  }
  EXPECT_THAT(Ask("POST /metrics HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 405 "));
  EXPECT_EQ(collected_, 0);
}

TEST_F(HttpReplyTest, WhatIsNoHttpIsRefused) {
  for (const char* request :
       {"\n\n", "get me\n\n", "GET  /metrics HTTP/1.1\r\n\r\n",
        "GET /metrics\r\n\r\n", "GET /metrics HTTP/2.0\r\n\r\n",
        "GET /metrics FTP/1.1\r\n\r\n", "\r\nGET /metrics HTTP/1.1\r\n\r\n"}) {
    EXPECT_THAT(Ask(request), StartsWith("HTTP/1.1 400 ")) << request;
  }
}

TEST_F(HttpReplyTest, AnEndlessHeadIsRefused) {
  const std::string line = "GET /metrics HTTP/1.1\r\nX: ";
  const std::string longest =
      line + std::string(kMaxHttpHeadBytes - line.size() - 4, 'x') + "\r\n\r\n";
  EXPECT_THAT(Ask(longest), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(Ask(longest.substr(0, longest.size() - 1)), "...");
  EXPECT_THAT(Ask(line + std::string(kMaxHttpHeadBytes, 'x')),
              StartsWith("HTTP/1.1 431 "));
}

}  // namespace
}  // namespace postmirror
