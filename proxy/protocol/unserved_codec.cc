#include "proxy/protocol/unserved_codec.h"

#include "absl/strings/ascii.h"

namespace postmirror {

Progress UnservedCodec::Take(absl::string_view* input, Request* request) const {
  const bool is_netstring =
      !input->empty() &&
      absl::ascii_isdigit(static_cast<unsigned char>(input->front()));
  const Codec& codec =
      is_netstring ? static_cast<const Codec&>(socketmap_) : tcp_table_;
  const Progress progress = codec.Take(input, request);
  request->kind = Request::Kind::kMalformed;
  request->text.clear();
  codec.AppendReply(Outcome::kTemporary,
                    "no entry of listen in postmirror.cf has this address",
                    &request->text);
  return progress;
}

Outcome UnservedCodec::AppendReply(Outcome, absl::string_view text,
                                   std::string* output) const {
  output->append(text.data(), text.size());
  return Outcome::kTemporary;
}

void UnservedCodec::AppendRefusal(absl::string_view reason,
                                  std::string* output) const {
  AppendReply(Outcome::kTemporary, reason, output);
}

}  // namespace postmirror
