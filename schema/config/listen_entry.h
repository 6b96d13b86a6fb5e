// One entry of `listen` in postmirror.cf: where to listen and what to speak.
#ifndef POSTMIRROR_SCHEMA_CONFIG_LISTEN_ENTRY_H_
#define POSTMIRROR_SCHEMA_CONFIG_LISTEN_ENTRY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postmirror {

enum class Protocol { kTcpTable, kSocketmap };

struct ListenEntry {
  Protocol protocol = Protocol::kTcpTable;
  // A unix socket's path, or empty for an internet socket.
  std::string unix_path;
  // A numeric IPv4 or IPv6 address without brackets, or a name to resolve.
  std::string host;
  uint16_t port = 0;
  // What a tcp_table listener serves, as it has no map name; else empty.
  std::string parameter;

  friend bool operator==(const ListenEntry&, const ListenEntry&) = default;

  // As it stands in postmirror.cf, brackets included.
  std::string ToString() const;
};

// Parses `tcp:HOST:PORT:PARAMETER`, `socketmap:inet:HOST:PORT` or
// `socketmap:unix:PATH`; an IPv6 host stands in brackets. Fails with
// kInvalidArgument and a message that shows the right form. Does not ask
// whether PARAMETER is served.
absl::StatusOr<ListenEntry> ParseListenEntry(absl::string_view text);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_LISTEN_ENTRY_H_
