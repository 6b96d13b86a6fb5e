#include "proxy/protocol/tcp_table_codec.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "proxy/protocol/hex_quote.h"

namespace postmirror {
namespace {

// Keeps an error line far below the limit of a reply, coded as it may be.
constexpr size_t kMaxReasonBytes = 200;

void SetMalformed(absl::string_view reason, Request* request) {
  request->kind = Request::Kind::kMalformed;
  request->text.assign(reason.data(), reason.size());
}

void ParseLine(absl::string_view line, Request* request) {
  if (line == "put" || absl::StartsWith(line, "put ")) {
    request->kind = Request::Kind::kRefused;
    request->text = "put is not supported";
    return;
  }
  if (!absl::ConsumePrefix(&line, "get ")) {
    return SetMalformed("malformed request", request);
  }
  if (!HexUnquote(line, &request->text)) {
    return SetMalformed("malformed hexadecimal code in the key", request);
  }
  // Postfix's keys are C strings: what follows a NUL would be lost on the way
  // to any other table.
  if (request->text.find('\0') != std::string::npos) {
    return SetMalformed("null byte in the key", request);
  }
  request->kind =
      request->text.empty() ? Request::Kind::kEmptyKey : Request::Kind::kLookup;
}

// The text is never empty and never holds a bare `%`: the client takes either
// for a malformed reply. Spaces stay, so that a person can read it.
void AppendLine(absl::string_view code, absl::string_view reason,
                std::string* output) {
  if (reason.empty()) reason = "temporary failure";
  output->append(code.data(), code.size());
  for (absl::string_view word :
       absl::StrSplit(reason.substr(0, kMaxReasonBytes), ' ')) {
    output->push_back(' ');
    AppendHexQuoted(word, output);
  }
  output->push_back('\n');
}

bool AppendFound(absl::string_view value, std::string* output) {
  constexpr absl::string_view kCode = "200 ";
  // An empty value is a configuration error to the client, or a match,
  // depending on who asks. A NUL cuts the value off, which would be a wrong
  // answer.
  if (value.empty() || value.size() > TcpTableCodec::kMaxReplyBytes ||
      absl::StrContains(value, '\0')) {
    return false;
  }
  const size_t start = output->size();
  output->append(kCode.data(), kCode.size());
  AppendHexQuoted(value, output);
  output->push_back('\n');
  if (output->size() - start <= TcpTableCodec::kMaxReplyBytes) return true;
  output->resize(start);
  return false;
}

}  // namespace

Progress TcpTableCodec::Take(absl::string_view* input, Request* request) const {
  request->protocol = Protocol::kTcpTable;
  const size_t end = input->find('\n');
  if (std::min(end, input->size()) >= kMaxLineBytes) return Progress::kBroken;
  if (end == absl::string_view::npos) return Progress::kIncomplete;
  request->parameter = parameter_;
  ParseLine(input->substr(0, end), request);
  input->remove_prefix(end + 1);
  return Progress::kComplete;
}

Outcome TcpTableCodec::AppendReply(Outcome outcome, absl::string_view text,
                                   std::string* output) const {
  switch (outcome) {
    case Outcome::kFound:
      if (AppendFound(text, output)) return outcome;
      text = "value does not fit into a tcp_table reply";
      break;
    case Outcome::kNotFound:
      AppendLine("500", "not found", output);
      return outcome;
    case Outcome::kTemporary:
      break;
  }
  AppendLine("400", text, output);
  return Outcome::kTemporary;
}

void TcpTableCodec::AppendRefusal(absl::string_view reason,
                                  std::string* output) const {
  // tcp_table(5): 500 rejects an update.
  AppendLine("500", reason, output);
}

}  // namespace postmirror
