// The codecs of a proxy, each once: one for socketmap, one of tcp_table for
// each parameter that there is, one for sockets that are not served. None
// depends on the configuration, so that a connection outlives a change of it.
#ifndef POSTMIRROR_PROXY_PROTOCOL_CODEC_SET_H_
#define POSTMIRROR_PROXY_PROTOCOL_CODEC_SET_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/protocol/codec.h"
#include "proxy/protocol/socketmap_codec.h"
#include "proxy/protocol/tcp_table_codec.h"
#include "proxy/protocol/unserved_codec.h"
#include "schema/config/listen_entry.h"

namespace postmirror {

class CodecSet {
 public:
  CodecSet();
  CodecSet(const CodecSet&) = delete;
  CodecSet& operator=(const CodecSet&) = delete;

  // What clients of the entry speak; unserved() where its parameter is none.
  const Codec* For(const ListenEntry& entry) const;

  const Codec* unserved() const { return &unserved_; }

  // A name for what a client speaks, "socketmap" or "tcp_table-PARAMETER", and
  // back; empty for unserved(), nullptr for a name that is none. The process of
  // the next release reads what this one wrote.
  std::string NameOf(const Codec* codec) const;
  const Codec* Named(absl::string_view name) const;

 private:
  const SocketmapCodec socketmap_;
  std::vector<TcpTableCodec> tcp_tables_;  // by index into Parameters()
  const UnservedCodec unserved_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_PROTOCOL_CODEC_SET_H_
