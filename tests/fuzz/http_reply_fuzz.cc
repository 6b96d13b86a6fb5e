// A request of a scrape: however it is split, it has one whole reply.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/http_reply.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const postmirror::FuzzInput input(bytes, size);
  const absl::string_view request = input.rest();
  const auto metrics = [] { return std::string("some 1\n"); };
  std::optional<std::string> first;
  for (size_t read = 0; read <= request.size() && !first.has_value(); ++read) {
    first = postmirror::HttpReply(request.substr(0, read), metrics);
  }
  const std::optional<std::string> whole =
      postmirror::HttpReply(request, metrics);
  postmirror::Require(first == whole, "the reply does not depend on the split");
  if (!whole.has_value()) {
    postmirror::Require(request.size() < postmirror::kMaxHttpHeadBytes,
                        "nobody waits for an endless head");
    return 0;
  }
  postmirror::Require(absl::StartsWith(*whole, "HTTP/1.1 ") &&
                          absl::StrContains(*whole, "\r\n\r\n"),
                      "a reply has a head");
  return 0;
}
