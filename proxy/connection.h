// What passes between one client and its worker, without the socket: bytes go
// in, replies come out, and it says when to close. Bounds all that a client can
// make it keep. Used by one thread at a time.
//
//   connection.Receive(bytes, lookup, &buffers);
//   size_t sent = /* send buffers.output once */;
//   connection.Keep(absl::string_view(buffers.output).substr(sent));
//   // and once more if connection.HasMore()
//   if (connection.Finished()) /* close */;
#ifndef POSTMIRROR_PROXY_CONNECTION_H_
#define POSTMIRROR_PROXY_CONNECTION_H_

#include <cstddef>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "proxy/metrics/lookup_counts.h"
#include "proxy/protocol/codec.h"
#include "schema/search/outcome.h"

namespace postmirror {

// Looks up `key` in the parameter of that index into Parameters(); see
// ParameterLookup::Lookup.
using LookupFunction = absl::FunctionRef<Outcome(
    size_t parameter, absl::string_view key, std::string* value)>;

// What the connections of one worker share, so that a request does not
// allocate.
struct ReplyBuffers {
  Request request;
  std::string value;
  std::string output;
  LookupCounts* counts = nullptr;  // where it is counted what became of it
};

class Connection {
 public:
  enum class Service {
    kAnswered,
    // One temporary reply, then closed:
    kTurnedAway,   // beyond client_limit
    kUnknownUser,  // LocalUsers::unknown
  };

  // Replies wait for the client once a read has brought more than this.
  static constexpr size_t kMaxBurstBytes = size_t{64} * 1024;
  // `codec` must outlive the connection.
  explicit Connection(const Codec* codec, Service service = Service::kAnswered)
      : codec_(codec), service_(service) {}

  // Takes what was read, which may be nothing, and replaces `buffers->output`
  // by the replies to all complete requests, up to kMaxBurstBytes. REQUIRES:
  // not Finished(), and unsent() is empty: so a client that does not read makes
  // us keep no more.
  void Receive(absl::string_view bytes, LookupFunction lookup,
               ReplyBuffers* buffers);

  // The client will send nothing more; what it sent is answered nonetheless.
  void EndInput() { input_ended_ = true; }
  bool input_ended() const { return input_ended_; }

  // Only one request more is answered.
  void EndAfterNext() { ends_after_next_ = true; }

  // Keeps the part of the replies that the socket did not take.
  void Keep(absl::string_view unsent) {
    unsent_.assign(unsent.data(), unsent.size());
  }

  // What waits to be sent, and that `bytes` of it were.
  absl::string_view unsent() const { return unsent_; }
  void Sent(size_t bytes);

  const Codec* codec() const { return codec_; }

  // What the client makes us keep.
  size_t kept_bytes() const { return unread_.size() + unsent_.size(); }

  // Whether nothing is known of the client but its codec: between two requests,
  // with all replies taken. Another connection may go on with its socket.
  bool IsAtRest() const {
    return IsAnswered() && unread_.empty() && unsent_.empty() &&
           !input_ended_ && !broken_;
  }

  // Whether Receive() would answer more without further bytes.
  bool HasMore() const { return paused_ && unsent_.empty() && !Finished(); }

  // Whether to close now. A client that broke a rule still gets the replies to
  // what it asked before.
  bool Finished() const {
    return unsent_.empty() && (broken_ || (input_ended_ && !paused_));
  }

 private:
  // Answers the requests at the front of `input`, returns what is left.
  absl::string_view Answer(absl::string_view input, LookupFunction lookup,
                           ReplyBuffers* buffers);
  void AnswerOne(LookupFunction lookup, ReplyBuffers* buffers) const;
  void CountRefused(const ReplyBuffers& buffers) const;
  bool IsAnswered() const { return service_ == Service::kAnswered; }

  const Codec* codec_;
  const Service service_;
  bool paused_ = false;       // unread_ may hold whole requests
  bool input_ended_ = false;  // the client shut down its side
  bool ends_after_next_ = false;
  bool broken_ = false;  // no more input is read: it is wrong, or we end
  std::string unread_;   // empty and unallocated between whole requests
  std::string unsent_;   // likewise
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_CONNECTION_H_
