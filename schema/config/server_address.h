// The entries of `hosts` in a map file, as mysql_table(5) and Postfix's
// dict_mysql(3) read them.
#ifndef POSTMIRROR_SCHEMA_CONFIG_SERVER_ADDRESS_H_
#define POSTMIRROR_SCHEMA_CONFIG_SERVER_ADDRESS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/config/map_file.h"

namespace postmirror {

// Parses `unix:PATH`, `inet:HOST:PORT`, `HOST:PORT` or `HOST`. The port is what
// stands behind the last colon, a number from 0 to 65535 or a service of
// services(5); an IPv6 host has none of its own unless it stands in brackets,
// which Postfix does not know. Fails with kInvalidArgument and a message that
// goes on after the quoted text.
absl::StatusOr<ServerAddress> ParseServerAddress(absl::string_view text);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_SERVER_ADDRESS_H_
