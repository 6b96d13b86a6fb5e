#include "tests/sync/mariadb/mariadb_test_case.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace postmirror {

MariadbServer*& MariadbTestCase::Current() {
  static MariadbServer* server = nullptr;
  return server;
}

void MariadbTestCase::SetUpTestSuite() {
  static std::unique_ptr<MariadbServer> plain;
  Use(plain, {"--skip-ssl"});
}

void MariadbTestCase::UseServerWithBinlog() {
  static std::unique_ptr<MariadbServer> logging;
  Use(logging, {"--skip-ssl", "--log-bin=mail-bin", "--binlog-format=ROW",
                "--server-id=7"});
  EXPECT_EQ(server().RunFile(POSTMIRROR_SQL_FOLDER "/grants-binlog.sql", ""),
            absl::OkStatus());
}

void MariadbTestCase::Use(std::unique_ptr<MariadbServer>& slot,
                          const std::vector<std::string>& options) {
  const bool is_new = slot == nullptr;
  if (is_new) {
    auto started = MariadbServer::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    slot = std::move(*started);
  }
  Current() = slot.get();
  if (!is_new) return;
  const std::string folder = POSTMIRROR_SQL_FOLDER;
  const std::string password = absl::StrCat("PASSWORD('s3cret''\\\\word')");
  ASSERT_EQ(server().RunFile(folder + "/database.sql", ""), absl::OkStatus());
  for (const char* name : {"/tables.sql", "/sample.sql", "/grants.sql"}) {
    ASSERT_EQ(server().RunFile(folder + name, kDatabase), absl::OkStatus());
  }
  Run({absl::StrCat("SET PASSWORD FOR 'postmirror'@'127.0.0.1' = ", password),
       absl::StrCat("SET PASSWORD FOR 'postmirror'@'localhost' = ", password)});
}

std::unique_ptr<Connection> MariadbTestCase::Connect(
    const ConnectionSettings& settings) {
  auto connection = Connection::Open(server().Tcp(), settings);
  EXPECT_TRUE(connection.ok()) << connection.status();
  return connection.ok() ? std::move(*connection) : nullptr;
}

std::unique_ptr<Connection> MariadbTestCase::ConnectAsRoot() {
  auto connection = Connection::Open(server().Unix(), server().Root(kDatabase));
  EXPECT_TRUE(connection.ok()) << connection.status();
  return connection.ok() ? std::move(*connection) : nullptr;
}

std::unique_ptr<Connection> MariadbTestCase::ConnectAsPostmirror() {
  return Connect(server().User("postmirror", kPassword, kDatabase));
}

void MariadbTestCase::Run(const std::vector<std::string>& statements) {
  EXPECT_EQ(server().Run(statements, kDatabase), absl::OkStatus());
}

std::vector<std::string> MariadbTestCase::Rows(Connection& connection,
                                               absl::string_view sql) {
  std::vector<std::string> rows;
  const absl::Status status = connection.Query(
      sql, Connection::Columns::AtLeast(0), [&](Connection::Row row) {
        std::string line;
        for (const std::optional<absl::string_view>& column : row) {
          absl::StrAppend(&line, line.empty() ? "" : "|",
                          column.value_or("NULL"));
        }
        rows.push_back(std::move(line));
        return absl::OkStatus();
      });
  EXPECT_EQ(status, absl::OkStatus());
  return rows;
}

}  // namespace postmirror
