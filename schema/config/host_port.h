// HOST:PORT, where a program of ours listens, as the entries of `listen` and
// the settings `..._metrics_listen` have it.
#ifndef POSTMIRROR_SCHEMA_CONFIG_HOST_PORT_H_
#define POSTMIRROR_SCHEMA_CONFIG_HOST_PORT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postmirror {

struct HostPort {
  // A numeric IPv4 or IPv6 address without brackets, or a name to resolve.
  std::string host;
  uint16_t port = 0;

  friend bool operator==(const HostPort&, const HostPort&) = default;

  // As it stands in postmirror.cf, brackets included.
  std::string ToString() const;
};

// Parses HOST:PORT; an IPv6 host stands in brackets. Fails with
// kInvalidArgument and a message that goes on after the quoted text.
absl::StatusOr<HostPort> ParseHostPort(absl::string_view text);

// Takes HOST off the front of `*text`, which is then at what stands behind it.
// False where there is none.
bool TakeHost(absl::string_view* text, std::string* host);

// Parses a decimal number from 1 to 65535.
bool ParsePort(absl::string_view text, uint16_t* port);

// Whether these are letters, digits, dots, hyphens and underscores.
bool IsHostName(absl::string_view text);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_HOST_PORT_H_
