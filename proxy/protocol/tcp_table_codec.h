// tcp_table(5): `get SP key LF`, answered by `200 value LF`, `500 text LF` (not
// found) or `400 text LF` (temporary). There is no map name in it, so that each
// listener serves one parameter.
#ifndef POSTMIRROR_PROXY_PROTOCOL_TCP_TABLE_CODEC_H_
#define POSTMIRROR_PROXY_PROTOCOL_TCP_TABLE_CODEC_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/protocol/codec.h"

namespace postmirror {

class TcpTableCodec final : public Codec {
 public:
  // A longer request line, its newline included, is not followed. Postfix
  // bounds an SMTP line by 2048 bytes, which %XX makes three times as long.
  static constexpr size_t kMaxLineBytes = size_t{128} * 1024;

  // A longer reply line, its newline included, costs Postfix ten tries and nine
  // seconds of sleep: DICT_TCP_MAXLEN of its client.
  static constexpr size_t kMaxReplyBytes = 4096;

  // Serves the parameter of that index into Parameters().
  explicit TcpTableCodec(size_t parameter) : parameter_(parameter) {}

  Progress Take(absl::string_view* input, Request* request) const override;
  Outcome AppendReply(Outcome outcome, absl::string_view text,
                      std::string* output) const override;
  void AppendRefusal(absl::string_view reason,
                     std::string* output) const override;
  bool ReconnectsAtOnce() const override { return false; }

 private:
  const size_t parameter_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_PROTOCOL_TCP_TABLE_CODEC_H_
