// The fixture of tests that mirror from a real server: map files and a
// postmirror.cf that a test writes, on the tables of schema/sql, made anew for
// each test.
#ifndef POSTMIRROR_TESTS_SYNC_MIRROR_TEST_CASE_H_
#define POSTMIRROR_TESTS_SYNC_MIRROR_TEST_CASE_H_

#include <gmock/gmock.h>

#include <map>
#include <string>

#include "schema/config/config.h"
#include "sync/collation_tables.h"
#include "sync/mirror_plan.h"
#include "tests/sync/mariadb/mariadb_test_case.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {

class MirrorTestCase : public MariadbTestCase {
 protected:
  // Settings of a map file, by name.
  using Settings = std::map<std::string, std::string>;

  static void SetUpTestSuite();
  void SetUp() override;

  // Who reads every table, over the unix socket.
  static Settings AsRoot();

  // Writes a map file with this query, the account of grants.sql and what
  // `changed` adds, and serves it. Returns the map's name.
  std::string Serve(const std::string& query, const Settings& changed = {});

  // The same for the guide's three maps.
  std::string ServeDomains();
  std::string ServeMailboxes();
  std::string ServeAliases();

  // postmirror.cf with the maps served so far and the lines `settings`. The
  // test fails where it is wrong.
  Config MakeConfig(const std::string& settings = "") const;
  static MirrorPlan MakePlan(const Config& config);

  TemporaryFolder folder_;
  // Of all tests of the program: what a server is asked for them takes long.
  CollationTables& collations_ = Collations();

 private:
  static CollationTables& Collations();
  std::string Write(const std::string& query, const Settings& changed);

  // What postmirror.cf serves.
  std::string domain_maps_;
  std::string address_maps_;
  int maps_ = 0;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_MIRROR_TEST_CASE_H_
