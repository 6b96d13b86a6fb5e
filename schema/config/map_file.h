// A map file: what mysql_table(5) defines, plus `mirror_query`, which Postfix
// ignores. Read by sync alone, since it holds the password.
#ifndef POSTMIRROR_SCHEMA_CONFIG_MAP_FILE_H_
#define POSTMIRROR_SCHEMA_CONFIG_MAP_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postmirror {

// One entry of `hosts` (ParseServerAddress in server_address.h).
struct ServerAddress {
  std::string unix_path;  // an absolute path of a unix socket, or empty
  // A name, or a numeric address without brackets. "localhost" (in lower case)
  // is the library's default unix socket.
  std::string host;
  uint16_t port = 0;  // 0: the library's default, 3306

  friend auto operator<=>(const ServerAddress&, const ServerAddress&) = default;

  // Whether it is a unix socket: "localhost" or no host is the library's own.
  bool IsLocal() const;

  // As it stands in a map file, such as "unix:/run/mysqld/mysqld.sock".
  std::string ToString() const;
};

// How to log on: what two maps must have in common, next to their hosts, to be
// read by one connection.
//
// Paths are absolute, or empty if not stated. A user or password that is not
// stated leaves the choice to the option file; an empty one is stated.
struct LogOn {
  std::optional<std::string> user;
  std::optional<std::string> password;
  std::string option_file;
  std::string option_group = "client";
  std::string tls_cert_file;
  std::string tls_key_file;
  std::string tls_CAfile;
  std::string tls_CApath;
  std::string tls_ciphers;
  std::optional<bool> tls_verify_cert;

  friend auto operator<=>(const LogOn&, const LogOn&) = default;

  // Whether a tls_ setting asks for an encrypted connection. It does not
  // concern unix sockets.
  bool WantsTls() const;
  // Whether the server's certificate decides: unless it says no, it does.
  bool VerifiesTls() const;
};

// What of a map the guard judges.
enum class GuardScope {
  kOff,       // nothing
  kRemovals,  // removed keys
  kValues,    // these, and changed values
};

struct MapFile {
  std::string path;                  // the map's name
  std::vector<ServerAddress> hosts;  // in the order written, at least one
  LogOn log_on;
  std::string dbname;  // not empty
  // As written, or built from table, select_field, where_field and
  // additional_conditions (then with '%s' as in db_common_sql_build_query). May
  // be empty if mirror_query is there.
  std::string query;
  std::optional<std::string> mirror_query;  // not empty
  // `mirror_collation = ascii_ci`: keys are compared by AsciiCiRules, whatever
  // the collation of their column.
  bool mirror_ascii_ci = false;
  // With ASCII letters in lower case, as Postfix matches whatever the case.
  // Empty: keys of every domain, and such as have none.
  std::vector<std::string> domain;
  std::optional<GuardScope> guard;  // absent: by the parameters that list it
  std::string result_format = "%s";
  int64_t expansion_limit = 0;  // 0: none
  // The line of `mirror_query`, else of `query`, else of `table`, from 1.
  int query_line = 0;

  friend bool operator==(const MapFile&, const MapFile&) = default;
};

// Validates `text`, which was read from `path`; `warnings` (may be nullptr)
// gets lines "PATH:LINE: what" about what is accepted but ignored: an unknown
// name, an entry whose name comes again (the last counts), the legacy names
// beside `query`. Fails as ParseConfig does. The password is in no message. A
// `$` stands for itself.
absl::StatusOr<MapFile> ParseMapFile(absl::string_view path,
                                     absl::string_view text,
                                     std::vector<std::string>* warnings);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_MAP_FILE_H_
