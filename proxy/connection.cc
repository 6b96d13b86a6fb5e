#include "proxy/connection.h"

namespace postmirror {
namespace {

// Gives the memory back: of ten thousand idle connections each keeps nothing.
void Release(std::string* text) { std::string().swap(*text); }

void CountLookup(const ReplyBuffers& buffers, Outcome outcome) {
  if (buffers.counts == nullptr) return;
  const Request& request = buffers.request;
  buffers.counts->CountLookup(request.protocol, request.parameter, outcome);
}

}  // namespace

void Connection::Receive(absl::string_view bytes, LookupFunction lookup,
                         ReplyBuffers* buffers) {
  buffers->output.clear();
  if (unread_.empty()) {
    // The usual case: whole requests, answered from where they were read.
    const absl::string_view rest = Answer(bytes, lookup, buffers);
    unread_.assign(rest.data(), rest.size());
  } else {
    unread_.append(bytes.data(), bytes.size());
    const absl::string_view rest = Answer(unread_, lookup, buffers);
    unread_.erase(0, unread_.size() - rest.size());
    if (unread_.empty()) Release(&unread_);
  }
}

absl::string_view Connection::Answer(absl::string_view input,
                                     LookupFunction lookup,
                                     ReplyBuffers* buffers) {
  paused_ = false;
  if (buffers->counts != nullptr) buffers->counts->BeginRead();
  while (!input.empty()) {
    if (buffers->output.size() > kMaxBurstBytes) {
      paused_ = true;
      return input;
    }
    const Progress progress = codec_->Take(&input, &buffers->request);
    if (progress == Progress::kIncomplete) return input;
    if (progress == Progress::kComplete) AnswerOne(lookup, buffers);
    if (progress == Progress::kBroken) CountRefused(*buffers);
    broken_ =
        progress == Progress::kBroken || !IsAnswered() || ends_after_next_;
    if (broken_) return {};
  }
  return {};
}

void Connection::AnswerOne(LookupFunction lookup, ReplyBuffers* buffers) const {
  const Request& request = buffers->request;
  std::string* output = &buffers->output;
  if (!IsAnswered() && request.kind != Request::Kind::kMalformed) {
    codec_->AppendReply(Outcome::kTemporary,
                        service_ == Service::kTurnedAway
                            ? "too many connections"
                            : "the user of this connection is unknown",
                        output);
    return;
  }
  switch (request.kind) {
    case Request::Kind::kLookup: {
      buffers->value.clear();
      const Outcome outcome =
          lookup(request.parameter, request.text, &buffers->value);
      return CountLookup(*buffers,
                         codec_->AppendReply(outcome, buffers->value, output));
    }
    case Request::Kind::kEmptyKey:
      return CountLookup(*buffers,
                         codec_->AppendReply(Outcome::kNotFound, "", output));
    case Request::Kind::kMalformed:
      codec_->AppendReply(Outcome::kTemporary, request.text, output);
      return CountRefused(*buffers);
    case Request::Kind::kRefused:
      codec_->AppendRefusal(request.text, output);
      return CountRefused(*buffers);
  }
}

// Nobody looks at what those ask who are turned away.
void Connection::CountRefused(const ReplyBuffers& buffers) const {
  if (buffers.counts == nullptr || !IsAnswered()) return;
  buffers.counts->CountRefused(buffers.request.protocol);
}

void Connection::Sent(size_t bytes) {
  unsent_.erase(0, bytes);
  if (unsent_.empty()) Release(&unsent_);
}

}  // namespace postmirror
