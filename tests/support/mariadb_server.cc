#include "tests/support/mariadb_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/child_process.h"

namespace postmirror {
namespace {

constexpr char kAccount[] = "mysql";
constexpr absl::Duration kStartDeadline = absl::Seconds(60);
constexpr int kStartAttempts = 5;
// What is written outlives the server, but not the machine: nothing waits for
// the disk.
constexpr char kUnsynced[] = "--loose-debug-no-sync=1";
constexpr char kFlushMethod[] = "--innodb-flush-method=fsync";

// A port of 127.0.0.1 that nobody listens on at this moment; 0 on failure.
uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound =
      bind(fd, generic, size) == 0 && getsockname(fd, generic, &size) == 0;
  close(fd);
  return bound ? ntohs(address.sin_port) : uint16_t{0};
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

MariadbServer::MariadbServer(std::string folder,
                             std::vector<std::string> options)
    : folder_(std::move(folder)), options_(std::move(options)) {}

MariadbServer::~MariadbServer() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::StatusOr<std::unique_ptr<MariadbServer>> MariadbServer::Start(
    std::vector<std::string> options) {
  std::array<char, 32> folder = {"/tmp/postmirror-mariadb-XXXXXX"};
  if (mkdtemp(folder.data()) == nullptr) {
    return absl::InternalError("no folder below /tmp");
  }
  auto server = std::unique_ptr<MariadbServer>(
      new MariadbServer(folder.data(), std::move(options)));
  if (absl::Status status = server->Install(); !status.ok()) return status;
  absl::Status status = absl::UnavailableError("not started");
  // Somebody else may take the free port before the server does.
  for (int i = 0; i < kStartAttempts && absl::IsUnavailable(status); ++i) {
    server->port_ = FreePort();
    status = server->Launch();
  }
  if (!status.ok()) return status;
  return server;
}

absl::Status MariadbServer::Install() {
  if (geteuid() == 0) {
    const passwd* const account = getpwnam(kAccount);
    if (account == nullptr ||
        chown(folder_.c_str(), account->pw_uid, account->pw_gid) != 0) {
      return absl::InternalError(
          absl::StrCat("cannot give ", folder_, " to mysql"));
    }
  }
  const std::string log = absl::StrCat(folder_, "/install.log");
  const pid_t pid = StartProcess(
      {"mariadb-install-db", "--no-defaults", "--force", "--skip-test-db",
       "--auth-root-authentication-method=normal", "--innodb-log-file-size=4M",
       kUnsynced, kFlushMethod, absl::StrCat("--datadir=", folder_, "/datadir"),
       absl::StrCat("--tmpdir=", folder_)},
      kAccount, log);
  if (pid < 0 || !AwaitSuccess(pid)) {
    return absl::InternalError(
        absl::StrCat("mariadb-install-db: ", ReadAll(log)));
  }
  return absl::OkStatus();
}

absl::Status MariadbServer::Launch() {
  std::vector<std::string> arguments = {
      "mariadbd", "--no-defaults",
      absl::StrCat("--datadir=", folder_, "/datadir"),
      // A server that starts removes what others keep in a shared one.
      absl::StrCat("--tmpdir=", folder_),
      absl::StrCat("--socket=", folder_, "/socket"),
      absl::StrCat("--pid-file=", folder_, "/pid"),
      absl::StrCat("--port=", port_), "--bind-address=127.0.0.1",
      "--skip-name-resolve", "--innodb-log-file-size=4M",
      "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=2",
      kUnsynced, kFlushMethod};
  arguments.insert(arguments.end(), options_.begin(), options_.end());
  pid_ =
      StartProcess(arguments, kAccount, absl::StrCat(folder_, "/server.log"));
  if (pid_ < 0) return absl::InternalError("cannot start mariadbd");
  return AwaitAnswer();
}

absl::Status MariadbServer::AwaitAnswer() {
  const absl::Time deadline = absl::Now() + kStartDeadline;
  while (!Connection::Open(Unix(), Root()).ok()) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return absl::UnavailableError(
          absl::StrCat("mariadbd ended: ", ReadAll(folder_ + "/server.log")));
    }
    if (absl::Now() > deadline)
      return absl::InternalError("mariadbd does not answer");
    poll(nullptr, 0, 10);
  }
  return absl::OkStatus();
}

ServerAddress MariadbServer::Tcp() const { return {"", "127.0.0.1", port_}; }

ServerAddress MariadbServer::Unix() const {
  return {absl::StrCat(folder_, "/socket"), "", 0};
}

ConnectionSettings MariadbServer::Root(absl::string_view dbname) const {
  return User("root", "", dbname);
}

ConnectionSettings MariadbServer::User(absl::string_view user,
                                       absl::string_view password,
                                       absl::string_view dbname) const {
  ConnectionSettings settings;
  settings.log_on.user = std::string(user);
  settings.log_on.password = std::string(password);
  settings.log_on.option_group = "";  // else the machine's my.cnf is read
  settings.dbname = std::string(dbname);
  return settings;
}

absl::Status MariadbServer::Run(const std::vector<std::string>& statements,
                                absl::string_view dbname) const {
  const auto root = Connection::Open(Unix(), Root(dbname));
  if (!root.ok()) return root.status();
  for (const std::string& statement : statements) {
    const absl::Status status = (*root)->Execute(statement);
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat(statement, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status MariadbServer::RunFile(const std::string& path,
                                    absl::string_view dbname) const {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(path);
  std::vector<std::string> statements(1);
  for (std::string line; std::getline(file, line);) {
    if (absl::StartsWith(line, "--")) continue;
    absl::StrAppend(&statements.back(), line, "\n");
    if (absl::EndsWith(line, ";")) statements.emplace_back();
  }
  if (absl::StripAsciiWhitespace(statements.back()).empty())
    statements.pop_back();
  return Run(statements, dbname);
}

absl::StatusOr<std::optional<std::string>> MariadbServer::Ask(
    absl::string_view sql, absl::string_view dbname) const {
  const auto root = Connection::Open(Unix(), Root(dbname));
  if (!root.ok()) return root.status();
  std::optional<std::string> answer;
  bool first = true;
  const absl::Status status = (*root)->Query(
      sql, Connection::Columns::AtLeast(0), [&](Connection::Row row) {
        if (first && row[0].has_value()) answer = std::string(*row[0]);
        first = false;
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return answer;
}

void MariadbServer::Freeze() {
  kill(pid_, SIGSTOP);
  // The signal is on its way only; the server may still answer until it
  // stopped.
  waitpid(pid_, nullptr, WUNTRACED);
}

void MariadbServer::Thaw() { kill(pid_, SIGCONT); }

void MariadbServer::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

absl::Status MariadbServer::Restart() {
  Kill();
  return Launch();
}

}  // namespace postmirror
