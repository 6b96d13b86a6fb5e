// socketmap_table(5): any stream of requests, and any value in a reply.
#include "proxy/protocol/netstring.h"
#include "proxy/protocol/socketmap_codec.h"
#include "tests/fuzz/codec_stream.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using postmirror::Outcome;
  using postmirror::Require;
  postmirror::FuzzInput input(bytes, size);
  const size_t segment = size_t{input.Byte()} + 1;
  const postmirror::SocketmapCodec codec(
      {"virtual_mailbox_domains", "virtual_mailbox_maps"});
  CheckStream(codec, segment, input.rest());

  for (const Outcome outcome :
       {Outcome::kFound, Outcome::kNotFound, Outcome::kTemporary}) {
    const absl::string_view text =
        input.rest().empty() ? absl::string_view("x") : input.rest();
    std::string reply;
    codec.AppendReply(outcome, text, &reply);
    absl::string_view rest = reply;
    absl::string_view payload;
    Require(postmirror::TakeNetstring(codec.kMaxReplyBytes, &rest, &payload) ==
                postmirror::Progress::kComplete,
            "a reply is a netstring that Postfix takes");
    Require(rest.empty(), "one netstring");
    const absl::string_view status = payload.substr(0, payload.find(' '));
    Require(status == "TEMP" ||
                (status == "OK" && outcome == Outcome::kFound) ||
                (status == "NOTFOUND" && outcome == Outcome::kNotFound),
            "the status is that of the outcome");
  }
  return 0;
}
