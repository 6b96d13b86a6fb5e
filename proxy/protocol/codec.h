// One wire protocol, pure: from the bytes that a client sent to requests, and
// from what a lookup ended in to the bytes of one reply. Knows no socket and no
// store. A codec is immutable; it may be used from any thread.
#ifndef POSTMIRROR_PROXY_PROTOCOL_CODEC_H_
#define POSTMIRROR_PROXY_PROTOCOL_CODEC_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/protocol/progress.h"
#include "schema/config/listen_entry.h"
#include "schema/search/outcome.h"

namespace postmirror {

// One request. Reused for the next one, so that a request does not allocate.
struct Request {
  enum class Kind {
    kLookup,     // `text` is the key: not empty, without NUL
    kEmptyKey,   // not found without a lookup, as with mysql:
    kMalformed,  // temporary without a lookup; `text` says why
    kRefused,    // never answered; `text` says why
  };
  Kind kind = Kind::kMalformed;
  size_t parameter = 0;  // which one is asked: an index into Parameters()
  Protocol protocol = Protocol::kTcpTable;  // in which it came
  std::string text;
};

class Codec {
 public:
  virtual ~Codec() = default;

  // Takes the first request off the front of `*input`. The result does not
  // depend on how the bytes were split into segments. The request's protocol is
  // set in any case.
  virtual Progress Take(absl::string_view* input, Request* request) const = 0;

  // Appends the one reply of a lookup. `text` is the value if found, the reason
  // if temporary (it is bounded and quoted here), and ignored otherwise. A
  // value that the protocol cannot carry whole becomes a temporary reply.
  // Returns the outcome that the reply tells.
  virtual Outcome AppendReply(Outcome outcome, absl::string_view text,
                              std::string* output) const = 0;

  // Appends the one reply to a request of Kind::kRefused.
  virtual void AppendRefusal(absl::string_view reason,
                             std::string* output) const = 0;

  // Whether Postfix, when its connection was closed, connects again at once. A
  // client of tcp_table(5) sleeps for a second before it does.
  virtual bool ReconnectsAtOnce() const = 0;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_PROTOCOL_CODEC_H_
