#include "proxy/protocol/socketmap_codec.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/protocol/netstring.h"

namespace postmirror {
namespace {

// The client copies the reason into its log.
constexpr size_t kMaxReasonBytes = 400;
constexpr size_t kMaxNameBytes = 64;

void Set(Request::Kind kind, absl::string_view text, Request* request) {
  request->kind = kind;
  request->text.assign(text.data(), text.size());
}

}  // namespace

Progress SocketmapCodec::Take(absl::string_view* input,
                              Request* request) const {
  request->protocol = Protocol::kSocketmap;
  absl::string_view payload;
  const Progress progress = TakeNetstring(kMaxRequestBytes, input, &payload);
  if (progress == Progress::kComplete) Parse(payload, request);
  return progress;
}

void SocketmapCodec::Parse(absl::string_view payload, Request* request) const {
  const size_t space = payload.find(' ');
  if (space == absl::string_view::npos) {
    return Set(Request::Kind::kRefused,
               "malformed request: no space after the name", request);
  }
  const absl::string_view name = payload.substr(0, space);
  const absl::string_view key = payload.substr(space + 1);
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) {
    return Set(
        Request::Kind::kRefused,
        absl::StrCat("\"", absl::CHexEscape(name.substr(0, kMaxNameBytes)),
                     "\" is not served here"),
        request);
  }
  request->parameter = static_cast<size_t>(found - names_.begin());
  // Postfix's keys are C strings and never hold a NUL.
  if (absl::StrContains(key, '\0')) {
    return Set(Request::Kind::kMalformed, "null byte in the key", request);
  }
  Set(key.empty() ? Request::Kind::kEmptyKey : Request::Kind::kLookup, key,
      request);
}

Outcome SocketmapCodec::AppendReply(Outcome outcome, absl::string_view text,
                                    std::string* output) const {
  constexpr absl::string_view kFound = "OK ";
  constexpr absl::string_view kTemporary = "TEMP ";
  switch (outcome) {
    case Outcome::kFound:
      // An empty value is a configuration error to the client. A NUL cuts the
      // value off, which would be a wrong answer.
      if (text.empty() || text.size() > kMaxReplyBytes - kFound.size() ||
          absl::StrContains(text, '\0')) {
        text = "value does not fit into a socketmap reply";
        break;
      }
      AppendNetstring(kFound, text, output);
      return outcome;
    case Outcome::kNotFound:
      AppendNetstring("NOTFOUND ", "", output);
      return outcome;
    case Outcome::kTemporary:
      break;
  }
  if (text.empty()) text = "temporary failure";
  AppendNetstring(kTemporary, text.substr(0, kMaxReasonBytes), output);
  return Outcome::kTemporary;
}

void SocketmapCodec::AppendRefusal(absl::string_view reason,
                                   std::string* output) const {
  AppendNetstring("PERM ", reason.substr(0, kMaxReasonBytes), output);
}

}  // namespace postmirror
