// A MariaDB server of the tests' own: in a fresh folder below /tmp, on a unix
// socket and a free TCP port of 127.0.0.1, with `root` (no password) and
// nothing else in it. It dies with the test program. Used from one thread.
#ifndef POSTMIRROR_TESTS_SUPPORT_MARIADB_SERVER_H_
#define POSTMIRROR_TESTS_SUPPORT_MARIADB_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/config/map_file.h"
#include "sync/mariadb/connection.h"

namespace postmirror {

class MariadbServer {
 public:
  // Starts a server with `options` ("--log-bin") and waits until it answers.
  static absl::StatusOr<std::unique_ptr<MariadbServer>> Start(
      std::vector<std::string> options = {});

  ~MariadbServer();
  MariadbServer(const MariadbServer&) = delete;
  MariadbServer& operator=(const MariadbServer&) = delete;

  const std::string& folder() const { return folder_; }
  ServerAddress Tcp() const;
  ServerAddress Unix() const;

  // Log-on as root, or as `user`, untouched by any my.cnf of the machine.
  ConnectionSettings Root(absl::string_view dbname = "") const;
  ConnectionSettings User(absl::string_view user, absl::string_view password,
                          absl::string_view dbname = "") const;

  // Runs statements as root, each over the same new connection; stops at the
  // first that fails.
  absl::Status Run(const std::vector<std::string>& statements,
                   absl::string_view dbname = "") const;

  // Runs a file of schema/sql: statements that end in `;` at the end of a line,
  // and `--` comments on lines of their own.
  absl::Status RunFile(const std::string& path, absl::string_view dbname) const;

  // The first column of the first row, as root; nullopt for no row or NULL.
  absl::StatusOr<std::optional<std::string>> Ask(
      absl::string_view sql, absl::string_view dbname = "") const;

  // SIGSTOP and SIGCONT: a frozen server's sockets stay open.
  void Freeze();
  void Thaw();
  // SIGKILL; Restart() starts it again on the same port and data.
  void Kill();
  absl::Status Restart();

 private:
  MariadbServer(std::string folder, std::vector<std::string> options);

  absl::Status Install();
  // kUnavailable when the server ended before it answered.
  absl::Status Launch();
  absl::Status AwaitAnswer();

  const std::string folder_;
  const std::vector<std::string> options_;
  uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SUPPORT_MARIADB_SERVER_H_
