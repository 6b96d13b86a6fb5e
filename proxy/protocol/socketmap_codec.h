// socketmap (socketmap_table(5)): netstring(`name SP key`), answered by
// netstring(`OK value`), `NOTFOUND `, `TEMP why` or `PERM why`. One listener
// serves every parameter, by its name.
#ifndef POSTMIRROR_PROXY_PROTOCOL_SOCKETMAP_CODEC_H_
#define POSTMIRROR_PROXY_PROTOCOL_SOCKETMAP_CODEC_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/protocol/codec.h"

namespace postmirror {

class SocketmapCodec final : public Codec {
 public:
  // A longer request is not followed.
  static constexpr size_t kMaxRequestBytes = 100000;

  // A longer payload poisons the client's stream for all its further lookups:
  // socketmap_max_reply_size of postconf(5).
  static constexpr size_t kMaxReplyBytes = 100000;

  // `names` are the names of the parameters, by index into Parameters().
  explicit SocketmapCodec(std::vector<std::string> names)
      : names_(std::move(names)) {}

  Progress Take(absl::string_view* input, Request* request) const override;
  Outcome AppendReply(Outcome outcome, absl::string_view text,
                      std::string* output) const override;
  void AppendRefusal(absl::string_view reason,
                     std::string* output) const override;
  bool ReconnectsAtOnce() const override { return true; }

 private:
  void Parse(absl::string_view payload, Request* request) const;

  const std::vector<std::string> names_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_PROTOCOL_SOCKETMAP_CODEC_H_
