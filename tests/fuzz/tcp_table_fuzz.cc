// tcp_table(5): any stream of requests, and any value in a reply.
#include "proxy/protocol/tcp_table_codec.h"
#include "tests/fuzz/codec_stream.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using postmirror::Outcome;
  using postmirror::Require;
  postmirror::FuzzInput input(bytes, size);
  const size_t segment = size_t{input.Byte()} + 1;
  const postmirror::TcpTableCodec codec(2);
  CheckStream(codec, segment, input.rest());

  for (const Outcome outcome :
       {Outcome::kFound, Outcome::kNotFound, Outcome::kTemporary}) {
    const absl::string_view text =
        input.rest().empty() ? absl::string_view("x") : input.rest();
    std::string reply;
    codec.AppendReply(outcome, text, &reply);
    Require(reply.size() >= 6 && reply[3] == ' ', "a code and a text");
    Require(reply.find('\n') == reply.size() - 1, "one line");
    Require(reply.size() <= codec.kMaxReplyBytes, "no reply is too long");
    const char expected = outcome == Outcome::kFound      ? '2'
                          : outcome == Outcome::kNotFound ? '5'
                                                          : '4';
    Require(reply[0] == expected || (expected == '2' && reply[0] == '4'),
            "the code is that of the outcome");
  }
  return 0;
}
