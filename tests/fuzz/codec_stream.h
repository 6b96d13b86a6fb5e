// Runs a codec over a byte stream in two ways: in one piece and in segments.
// The requests must be the same, since TCP cuts a stream wherever it likes.
#ifndef POSTMIRROR_TESTS_FUZZ_CODEC_STREAM_H_
#define POSTMIRROR_TESTS_FUZZ_CODEC_STREAM_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/protocol/codec.h"
#include "tests/fuzz/fuzz_input.h"

namespace postmirror {

struct StreamResult {
  std::vector<std::string> requests;
  Progress end = Progress::kIncomplete;

  friend bool operator==(const StreamResult&, const StreamResult&) = default;
};

// Takes all requests that `*buffer` holds; what is left of it stays.
inline void TakeAll(const Codec& codec, std::string* buffer,
                    StreamResult* result) {
  absl::string_view input = *buffer;
  Request request;
  while (true) {
    result->end = codec.Take(&input, &request);
    if (result->end != Progress::kComplete) break;
    Require(request.kind != Request::Kind::kLookup || !request.text.empty(),
            "a lookup has a key");
    Require(request.kind != Request::Kind::kLookup ||
                request.text.find('\0') == std::string::npos,
            "a key holds no NUL");
    std::string line = std::to_string(static_cast<int>(request.kind));
    if (request.kind == Request::Kind::kLookup) {
      line += ' ' + std::to_string(request.parameter) + ' ' + request.text;
    }
    result->requests.push_back(line);
  }
  buffer->erase(0, buffer->size() - input.size());
}

inline void CheckStream(const Codec& codec, size_t segment,
                        absl::string_view stream) {
  StreamResult whole;
  std::string buffer(stream);
  TakeAll(codec, &buffer, &whole);

  StreamResult split;
  buffer.clear();
  while (!stream.empty() && split.end != Progress::kBroken) {
    const absl::string_view part = stream.substr(0, segment);
    buffer.append(part.data(), part.size());
    stream.remove_prefix(part.size());
    TakeAll(codec, &buffer, &split);
  }
  Require(whole == split, "requests do not depend on segments");
}

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_FUZZ_CODEC_STREAM_H_
