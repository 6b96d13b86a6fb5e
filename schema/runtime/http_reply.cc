#include "schema/runtime/http_reply.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace postmirror {
namespace {

// Prometheus's text format.
constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr char kErrorType[] = "text/plain; charset=utf-8";

std::string Head(absl::string_view status, absl::string_view type,
                 size_t body_bytes) {
  return absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Type: ", type,
                      "\r\nContent-Length: ", body_bytes,
                      "\r\nConnection: close\r\n\r\n");
}

std::string Error(absl::string_view status) {
  return absl::StrCat(Head(status, kErrorType, status.size() + 1), status,
                      "\n");
}

bool IsWholeHead(absl::string_view input) {
  return absl::StrContains(input, "\r\n\r\n") ||
         absl::StrContains(input, "\n\n");
}

}  // namespace

std::optional<std::string> HttpReply(absl::string_view input,
                                     absl::FunctionRef<std::string()> metrics) {
  if (!IsWholeHead(input.substr(0, kMaxHttpHeadBytes))) {
    if (input.size() < kMaxHttpHeadBytes) return std::nullopt;
    return Error("431 Request Header Fields Too Large");
  }
  const absl::string_view line = input.substr(0, input.find_first_of("\r\n"));
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  if (words.size() != 3 || !absl::StartsWith(words[2], "HTTP/1.")) {
    return Error("400 Bad Request");
  }
  const absl::string_view path = words[1].substr(0, words[1].find('?'));
  if (path != "/metrics") return Error("404 Not Found, see /metrics");
  if (words[0] != "GET" && words[0] != "HEAD") {
    return Error("405 Method Not Allowed");
  }
  const std::string body = metrics();
  const std::string head = Head("200 OK", kMetricsType, body.size());
  return words[0] == "HEAD" ? head : head + body;
}

}  // namespace postmirror
