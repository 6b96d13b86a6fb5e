// The fixture of this room's tests: one real server for the whole program, and
// another where a test needs a binlog, each with the tables, sample data and
// grants of schema/sql.
#ifndef POSTMIRROR_TESTS_SYNC_MARIADB_MARIADB_TEST_CASE_H_
#define POSTMIRROR_TESTS_SYNC_MARIADB_MARIADB_TEST_CASE_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sync/mariadb/connection.h"
#include "tests/support/mariadb_server.h"

namespace postmirror {

class MariadbTestCase : public ::testing::Test {
 protected:
  static constexpr char kDatabase[] = "mailserver";
  // The password that the tests give the account of grants.sql.
  static constexpr char kPassword[] = "s3cret'\\word";

  static void SetUpTestSuite();

  // For SetUpTestSuite: server() is one with a binlog from now on, on which the
  // account may read it.
  static void UseServerWithBinlog();

  static MariadbServer& server() { return *Current(); }

  // An open connection; the test fails where there is none.
  static std::unique_ptr<Connection> Connect(
      const ConnectionSettings& settings);
  static std::unique_ptr<Connection> ConnectAsRoot();
  // The account of schema/sql/grants.sql, over TCP.
  static std::unique_ptr<Connection> ConnectAsPostmirror();

  // Runs statements as root in the sample database; the test fails with them.
  static void Run(const std::vector<std::string>& statements);

  // Its rows, columns joined by '|', NULL as "NULL".
  static std::vector<std::string> Rows(Connection& connection,
                                       absl::string_view sql);

 private:
  static MariadbServer*& Current();
  // Makes the one of `slot` current; starts it the first time.
  static void Use(std::unique_ptr<MariadbServer>& slot,
                  const std::vector<std::string>& options);
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_MARIADB_MARIADB_TEST_CASE_H_
