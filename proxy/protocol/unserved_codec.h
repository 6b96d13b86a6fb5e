// For a socket that the service manager passed and `listen` does not name:
// every request is answered temporarily, in the protocol that the client
// speaks. A request of socketmap begins with a digit, one of tcp_table does
// not.
#ifndef POSTMIRROR_PROXY_PROTOCOL_UNSERVED_CODEC_H_
#define POSTMIRROR_PROXY_PROTOCOL_UNSERVED_CODEC_H_

#include <string>

#include "absl/strings/string_view.h"
#include "proxy/protocol/codec.h"
#include "proxy/protocol/socketmap_codec.h"
#include "proxy/protocol/tcp_table_codec.h"

namespace postmirror {

class UnservedCodec final : public Codec {
 public:
  UnservedCodec() : tcp_table_(0), socketmap_({}) {}

  // Makes of each request a Kind::kMalformed whose text is the whole reply: a
  // reply is not told which request it is for, and so not in which protocol.
  Progress Take(absl::string_view* input, Request* request) const override;

  // Appends such a text.
  Outcome AppendReply(Outcome outcome, absl::string_view text,
                      std::string* output) const override;
  void AppendRefusal(absl::string_view reason,
                     std::string* output) const override;
  bool ReconnectsAtOnce() const override { return false; }

 private:
  const TcpTableCodec tcp_table_;
  const SocketmapCodec socketmap_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_PROTOCOL_UNSERVED_CODEC_H_
