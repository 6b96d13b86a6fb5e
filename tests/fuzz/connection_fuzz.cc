// A client that sends what it likes, in segments of any size, and reads its
// replies when it likes: whatever it does, it gets one reply for each request,
// in order.
#include <algorithm>
#include <string>

#include "proxy/connection.h"
#include "proxy/protocol/socketmap_codec.h"
#include "proxy/protocol/tcp_table_codec.h"
#include "tests/fuzz/fuzz_input.h"

namespace postmirror {
namespace {

// Every outcome, and values that one reply can and cannot carry.
Outcome Lookup(size_t, absl::string_view key, std::string* value) {
  switch (key.front() % 4) {
    case 0:
      value->assign(std::min(key.size() * 600, size_t{120000}), 'v');
      return Outcome::kFound;
    case 1:
      return Outcome::kTemporary;
    case 2:
      return Outcome::kNotFound;
    default:
      value->assign(key.data(), key.size());
      return Outcome::kFound;
  }
}

// What a client gets that reads everything at once.
std::string ExpectedReplies(const Codec& codec, absl::string_view stream) {
  std::string replies;
  Request request;
  std::string value;
  while (codec.Take(&stream, &request) == Progress::kComplete) {
    const size_t before = replies.size();
    value.clear();
    switch (request.kind) {
      case Request::Kind::kLookup:
        codec.AppendReply(Lookup(request.parameter, request.text, &value),
                          value, &replies);
        break;
      case Request::Kind::kEmptyKey:
        codec.AppendReply(Outcome::kNotFound, "", &replies);
        break;
      case Request::Kind::kMalformed:
        codec.AppendReply(Outcome::kTemporary, request.text, &replies);
        break;
      case Request::Kind::kRefused:
        codec.AppendRefusal(request.text, &replies);
        break;
    }
    Require(replies.size() > before, "each request has a reply");
  }
  return replies;
}

class SlowClient {
 public:
  // Reads `appetite` bytes of each reply at once, then as many at a time.
  SlowClient(const Codec* codec, size_t appetite)
      : connection_(codec), appetite_(appetite) {}

  void Send(absl::string_view bytes) {
    ReadAll();
    Receive(bytes);
  }

  std::string End() {
    ReadAll();
    connection_.EndInput();
    Require(connection_.Finished(), "nothing is left to say");
    return received_;
  }

 private:
  // Nothing is read of a client that has not read its replies.
  void ReadAll() {
    while (!connection_.unsent().empty() || connection_.HasMore()) {
      Read();
      if (connection_.unsent().empty()) Receive("");
    }
  }

  void Read() {
    const size_t size = std::min(appetite_, connection_.unsent().size());
    received_.append(connection_.unsent().data(), size);
    if (size > 0) connection_.Sent(size);
  }

  void Receive(absl::string_view bytes) {
    if (connection_.Finished()) return;
    connection_.Receive(bytes, Lookup, &buffers_);
    const absl::string_view output = buffers_.output;
    if (output.empty()) return;
    received_.append(output.data(), std::min(appetite_, output.size()));
    connection_.Keep(output.substr(std::min(appetite_, output.size())));
  }

  Connection connection_;
  const size_t appetite_;
  ReplyBuffers buffers_;
  std::string received_;
};

void CheckConnection(const Codec& codec, size_t segment, size_t appetite,
                     absl::string_view stream) {
  const std::string expected = ExpectedReplies(codec, stream);
  SlowClient client(&codec, appetite);
  while (!stream.empty()) {
    client.Send(stream.substr(0, segment));
    stream.remove_prefix(std::min(segment, stream.size()));
  }
  Require(client.End() == expected, "one reply for each request, in order");
}

}  // namespace
}  // namespace postmirror

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  postmirror::FuzzInput input(bytes, size);
  const size_t segment = size_t{input.Byte()} + 1;
  const size_t appetite = (size_t{input.Byte()} + 1) * 64;
  const postmirror::TcpTableCodec tcp_table(0);
  const postmirror::SocketmapCodec socketmap({"a", "virtual_alias_maps"});
  postmirror::CheckConnection(tcp_table, segment, appetite, input.rest());
  postmirror::CheckConnection(socketmap, segment, appetite, input.rest());
  return 0;
}
