#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "sync/mariadb/server_error.h"
#include "tests/sync/mariadb/mariadb_test_case.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ConnectTest : public MariadbTestCase {
 protected:
  static absl::Status OpenStatus(const ServerAddress& address,
                                 const ConnectionSettings& settings) {
    return Connection::Open(address, settings).status();
  }

  static std::string WriteOptionFile(const std::string& text) {
    std::string path = server().folder() + "/client.cnf";
    std::ofstream(path) << text;
    return path;
  }

  // Log-on left to the option file alone.
  static ConnectionSettings ByOptionFile(const std::string& text) {
    ConnectionSettings settings;
    settings.log_on.option_file = WriteOptionFile(text);
    return settings;
  }
};

TEST_F(ConnectTest, NamesVersionAndAddressOfTheServer) {
  const auto connection = ConnectAsPostmirror();
  ASSERT_NE(connection, nullptr);
  EXPECT_THAT(
      connection->server(),
      ::testing::MatchesRegex("[0-9.]+-MariaDB at .*127\\.0\\.0\\.1.*"));
}

TEST_F(ConnectTest, TcpAndUnixSocketAreDifferentAccounts) {
  for (const ServerAddress& address : {server().Tcp(), server().Unix()}) {
    const auto connection = Connection::Open(
        address, server().User("postmirror", kPassword, kDatabase));
    ASSERT_TRUE(connection.ok()) << connection.status();
    EXPECT_THAT(
        Rows(**connection, "SELECT CURRENT_USER()"),
        ElementsAre(address.unix_path.empty() ? "postmirror@127.0.0.1"
                                              : "postmirror@localhost"));
  }
}

TEST_F(ConnectTest, WrongPasswordIsUnauthenticatedAndNotInTheMessage) {
  const absl::Status status = OpenStatus(
      server().Tcp(), server().User("postmirror", "hunter2", kDatabase));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(": connect: Access denied for user 'postmirror'"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("(1045)"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
}

TEST_F(ConnectTest, TheGrantsFileAloneLetsNobodyLogOn) {
  Run(
      {"CREATE USER fresh@'127.0.0.1' IDENTIFIED VIA mysql_native_password "
       "USING"
       " 'invalid'"});
  EXPECT_EQ(OpenStatus(server().Tcp(), server().User("fresh", "")).code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(
      OpenStatus(server().Tcp(), server().User("fresh", "invalid")).code(),
      absl::StatusCode::kUnauthenticated);
  Run({"DROP USER fresh@'127.0.0.1'"});
}

TEST_F(ConnectTest, MissingDatabaseIsNotFound) {
  EXPECT_EQ(OpenStatus(server().Tcp(), server().Root("nowhere")).code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ConnectTest, RefusedPortIsUnavailable) {
  ServerAddress address = server().Tcp();
  address.port = 1;
  EXPECT_EQ(OpenStatus(address, server().Root()).code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ConnectTest, MissingUnixSocketIsUnavailable) {
  EXPECT_EQ(OpenStatus({"/tmp/no-such-socket", "", 0}, server().Root()).code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ConnectTest, FrozenServerEndsInTheConnectTimeout) {
  ConnectionSettings settings = server().Root();
  settings.connect_timeout = absl::Milliseconds(1);
  server().Freeze();
  const absl::Status status = OpenStatus(server().Tcp(), settings);
  server().Thaw();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(ConnectTest, MissingOptionFileIsRefused) {
  ConnectionSettings settings = server().Root();
  settings.log_on.option_file = server().folder() + "/missing.cnf";
  const absl::Status status = OpenStatus(server().Tcp(), settings);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("missing.cnf: No such file or directory"));
}

TEST_F(ConnectTest, AnOptionFileThatBecameAFifoIsNotWaitedFor) {
  ConnectionSettings settings = server().Root();
  settings.log_on.option_file = server().folder() + "/fifo.cnf";
  ASSERT_EQ(mkfifo(settings.log_on.option_file.c_str(), 0600), 0);
  EXPECT_THAT(std::string(OpenStatus(server().Tcp(), settings).message()),
              HasSubstr("fifo.cnf: is no regular file"));
}

TEST_F(ConnectTest, OptionFileGivesUserAndPassword) {
  ConnectionSettings settings =
      ByOptionFile("[client]\nuser=postmirror\npassword=\"s3cret'\\\\word\"\n");
  EXPECT_EQ(OpenStatus(server().Tcp(), settings), absl::OkStatus());
}

TEST_F(ConnectTest, OptionGroupIsRead) {
  ConnectionSettings settings = ByOptionFile("[mirror]\nuser=root\n");
  settings.log_on.option_group = "mirror";
  EXPECT_EQ(OpenStatus(server().Tcp(), settings), absl::OkStatus());
}

TEST_F(ConnectTest, LocalhostIsTheUnixSocketOfTheOptionFile) {
  for (const char* host : {"localhost", "LOCALHOST", ""}) {
    const auto connection = Connection::Open(
        {"", host, 0},
        ByOptionFile(absl::StrCat(
            "[client]\nuser=root\nsocket=", server().Unix().unix_path, "\n")));
    ASSERT_TRUE(connection.ok()) << connection.status();
    EXPECT_THAT(Rows(**connection, "SELECT USER()"),
                ElementsAre("root@localhost"));
  }
}

TEST_F(ConnectTest, OptionFileCannotSwitchReconnectOn) {
  const auto connection = Connection::Open(
      server().Tcp(), ByOptionFile("[client]\nuser=root\nreconnect=1\n"));
  ASSERT_TRUE(connection.ok()) << connection.status();
  Run({"KILL " + Rows(**connection, "SELECT CONNECTION_ID()").at(0)});
  EXPECT_EQ((*connection)->Execute("DO 1").code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ((*connection)->Execute("DO 1").code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ConnectTest, OptionFileCannotChangeTheCharset) {
  const auto connection = Connection::Open(
      server().Tcp(),
      ByOptionFile("[client]\nuser=root\ndefault-character-set=latin1\n"));
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_THAT(Rows(**connection,
                   "SELECT @@character_set_results, @@character_set_client"),
              ElementsAre("utf8mb4|utf8mb4"));
}

TEST_F(ConnectTest, WantedTlsIsNotTakenForPlainText) {
  ConnectionSettings settings = server().Root();
  settings.log_on.tls_ciphers = "ALL";
  ASSERT_TRUE(settings.log_on.WantsTls());
  const absl::Status status = OpenStatus(server().Tcp(), settings);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()),
              ::testing::ContainsRegex("TLS|SSL"));
}

}  // namespace
}  // namespace postmirror
