#include "tests/proxy/postfix_client.h"

#include <cctype>
#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace postmirror {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool Unquote(absl::string_view text, std::string* raw) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      raw->push_back(text[i]);
      continue;
    }
    unsigned int byte = 0;
    if (i + 2 >= text.size() ||
        std::isxdigit(static_cast<unsigned char>(text[i + 1])) == 0 ||
        std::isxdigit(static_cast<unsigned char>(text[i + 2])) == 0) {
      return false;
    }
    std::sscanf(std::string(text.substr(i + 1, 2)).c_str(), "%2x", &byte);
    raw->push_back(static_cast<char>(byte));
    i += 2;
  }
  return true;
}

// A value is a C string, and an empty one is a configuration error.
PostfixResult FoundCString(absl::string_view value) {
  value = value.substr(0, value.find('\0'));
  return value.empty() ? PostfixResult::Configuration()
                       : PostfixResult::Found(value);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const PostfixResult& result) {
  constexpr const char* kNames[] = {"found ", "not found", "retry",
                                    "configuration", "malformed"};
  return out << kNames[static_cast<size_t>(result.kind)] << result.value;
}

PostfixResult TakeTcpTableReply(absl::string_view* replies) {
  const size_t end = replies->find('\n');
  if (end >= 4096) return {};  // or npos
  const absl::string_view line = replies->substr(0, end);
  replies->remove_prefix(end + 1);
  if (line.size() < 4 || !IsDigit(line[0]) || !IsDigit(line[1]) ||
      !IsDigit(line[2]) || (line[3] != ' ' && line[3] != '\t')) {
    return {};
  }
  std::string text;
  if (!Unquote(line.substr(4), &text)) return {};
  switch (line[0]) {
    case '2':
      return FoundCString(text);
    case '4':
      return PostfixResult::Retry();
    case '5':
      return PostfixResult::NotFound();
    default:
      return {};
  }
}

PostfixResult TakeSocketmapReply(absl::string_view* replies) {
  const size_t colon = replies->find(':');
  size_t size = 0;
  if (colon == absl::string_view::npos ||
      !absl::SimpleAtoi(replies->substr(0, colon), &size) || size > 100000 ||
      replies->size() < colon + size + 2 ||
      (*replies)[colon + size + 1] != ',') {
    return {};
  }
  absl::string_view payload = replies->substr(colon + 1, size);
  replies->remove_prefix(colon + size + 2);
  if (absl::ConsumePrefix(&payload, "OK ")) return FoundCString(payload);
  const absl::string_view status = payload.substr(0, payload.find(' '));
  if (status == "NOTFOUND") return PostfixResult::NotFound();
  if (status == "TEMP" || status == "TIMEOUT") return PostfixResult::Retry();
  if (status == "PERM") return PostfixResult::Configuration();
  return {};
}

std::string TcpTableGet(absl::string_view key) {
  std::string request = "get ";
  for (const char c : key) {
    if (c > ' ' && c <= '~' && c != '%') {
      request.push_back(c);
    } else {
      absl::StrAppend(
          &request, "%",
          absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return request + "\n";
}

std::string SocketmapRequest(absl::string_view name, absl::string_view key) {
  return absl::StrCat(name.size() + 1 + key.size(), ":", name, " ", key, ",");
}

}  // namespace postmirror
