// How Postfix's clients take a reply: a model of dict_tcp and dict_sockmap,
// made from their observed behaviour, for tests of what we send.
#ifndef POSTMIRROR_TESTS_PROXY_POSTFIX_CLIENT_H_
#define POSTMIRROR_TESTS_PROXY_POSTFIX_CLIENT_H_

#include <ostream>
#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

struct PostfixResult {
  enum class Kind {
    kFound,
    kNotFound,
    kRetry,          // a proper temporary reply
    kConfiguration,  // PERM, an empty value
    kMalformed,      // Postfix retries, sleeps, or loses step
  };
  Kind kind = Kind::kMalformed;
  std::string value;  // if found

  static PostfixResult Found(absl::string_view value) {
    return {Kind::kFound, std::string(value)};
  }
  static PostfixResult NotFound() { return {Kind::kNotFound, ""}; }
  static PostfixResult Retry() { return {Kind::kRetry, ""}; }
  static PostfixResult Configuration() { return {Kind::kConfiguration, ""}; }

  friend bool operator==(const PostfixResult&, const PostfixResult&) = default;
};

std::ostream& operator<<(std::ostream& out, const PostfixResult& result);

// Takes one reply of a tcp: table, or of a socketmap: table, off the front of
// `*replies`.
PostfixResult TakeTcpTableReply(absl::string_view* replies);
PostfixResult TakeSocketmapReply(absl::string_view* replies);

// What Postfix sends for a key.
std::string TcpTableGet(absl::string_view key);
std::string SocketmapRequest(absl::string_view name, absl::string_view key);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_PROXY_POSTFIX_CLIENT_H_
